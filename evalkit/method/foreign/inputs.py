"""What a repository is given for a pair: the source as PNG, the driving frames, its settings file."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import yaml

from evalkit.base.files import atomic_path
from evalkit.base.yamlfile import read_yaml
from evalkit.clips import video
from evalkit.clips.quick_png import write_quickly
from evalkit.clips.silence import add_silence
from evalkit.errors import MethodError
from evalkit.method.foreign.card import DrivingFiles, SettingsFile, SourceFile
from evalkit.method.foreign.fill import Values, fill, fill_value
from evalkit.types import Frames

_HEADER_BYTES = 192


def write_source(folder: Path, card: SourceFile, source: Frames) -> Path:
    """Write (H, W, 3) uint8 RGB as the card wants it; returns the file."""
    path = folder / card.path
    path.parent.mkdir(parents=True, exist_ok=True)
    write_quickly(path, video.fit(source, card.size))
    return path


def write_driving(folder: Path, card: DrivingFiles, chunks: Iterable[Frames], fps: float) -> tuple[Path, int]:
    """Write the driving frames as the card wants them; returns file or folder, and how many frames were needed.

    Raises `MethodError` when there are none, or more than the repository takes.
    """
    path, counted = folder / card.path, [0]
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = _handed(card, chunks, counted)
    if card.form == "frames":
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        for index, frame in enumerate(frames):
            write_quickly(path / card.pattern.format(index=index + card.first_index), frame)
    else:
        video.write_video(path, (frame[None] for frame in frames), card.fps or fps)
        if card.sound:
            add_silence(path, card.handed(counted[0]) / (card.fps or fps) + 1)
    return path, counted[0]


def write_array(path: Path, card: DrivingFiles, chunks: Iterable[Frames]) -> tuple[Path, int]:
    """Write the driving frames as one NumPy file, (T, H, W, 3) uint8 RGB; returns as `write_driving`.

    The file is written frame by frame, since a clip need not fit into memory twice.
    """
    counted, handed, shape = [0], 0, (0, 0, 0)
    with path.open("wb") as file:
        file.write(bytes(_HEADER_BYTES))
        for frame in _handed(card, chunks, counted):
            file.write(np.ascontiguousarray(frame).tobytes())
            handed, shape = handed + 1, frame.shape
        file.seek(0)
        file.write(_array_header((handed, *shape)))
    return path, counted[0]


def _array_header(shape: tuple[int, ...]) -> bytes:
    """The head of a NumPy file of uint8 (format 1.0), always of one length, since the number of frames comes last."""
    text = repr({"descr": "|u1", "fortran_order": False, "shape": shape})
    length = _HEADER_BYTES - 10
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text.ljust(length - 1).encode() + b"\n"


def _handed(card: DrivingFiles, chunks: Iterable[Frames], counted: list[int]) -> Iterator[Frames]:
    """The frames that are handed over one by one; `counted` gets the number of those that came in."""
    last: Frames | None = None
    for chunk in chunks:
        for frame in chunk:
            last = video.fit(frame, card.size)
            for _ in range(card.repeat_first if not counted[0] else 0):
                yield last
            counted[0] += 1
            if card.maximum and card.handed(counted[0]) > card.maximum:
                raise MethodError(f"takes {card.maximum} frames at most; the clip has more.")
            yield last
    if last is None:
        raise MethodError("was given no driving frames")
    for _ in range(card.handed(counted[0]) - card.repeat_first - counted[0]):
        yield last


def write_settings(path: Path, card: SettingsFile, clone: Path, values: Values) -> None:
    """Write a settings file. Raises `MethodError` when the file it is based on is missing or has other keys."""
    content: object = {}
    if card.base:
        try:
            content = read_yaml(clone / card.base)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise MethodError(f"{clone / card.base}: expected the settings of the repository, {error}") from error
        if not isinstance(content, dict):
            raise MethodError(f"{clone / card.base}: expected keys with values, got {type(content).__name__}.")
    for key in card.remove:
        _part(content, key.split(".")[:-1], clone).pop(key.rpartition(".")[2], None)
    for key, value in card.set.items():
        parent = _part(content, key.split(".")[:-1], clone)
        parent[fill(key.rpartition(".")[2], values)] = fill_value(value, values)
    with atomic_path(path) as temporary:
        temporary.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _part(content: object, keys: list[str], clone: Path) -> dict[str, object]:
    for key in keys:
        if not isinstance(content, dict):
            raise MethodError(f"{clone}: the settings have no part {'.'.join(keys)}.")
        content = content.setdefault(key, {})
    if not isinstance(content, dict):
        raise MethodError(f"{clone}: the settings have no part {'.'.join(keys)}.")
    return content
