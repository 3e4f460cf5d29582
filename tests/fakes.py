"""Small stand-ins that several test files share: clips, protocols, methods, and videos of any codec."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from evalkit.datasets.drawn import render_clip
from evalkit.extractors import Extract, Extractor
from evalkit.method.interface import Driving
from evalkit.protocol.schema import Protocol
from evalkit.records.json_record import sealed
from evalkit.types import Clip, Features, Frames, Pair

SIZE = 16
NO_FACE = 0
"""A frame whose first pixel is this grey level has no face for `brightness_extractor`."""


def edit_record(path: Path, **changes: Any) -> None:
    """Change keys of a JSON record, and its digest with them."""
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    content.pop("sha256", None)
    path.write_text(json.dumps(sealed(content)), encoding="utf-8")


def make_clip(name: str, identity: str, kind: str = "clip", path: Path = Path("unused.mkv")) -> Clip:
    return Clip(name, identity, "portrait" if kind == "portrait" else "clip", path)


def make_protocol(**keys: Any) -> Protocol:
    """A small valid self-reenactment protocol with `keys` changed."""
    content: dict[str, Any] = {
        "id": "small",
        "title": "Small",
        "task": "self_reenactment",
        "dataset": "folder",
        "pairs": {"rule": "first_frame_self"},
        "resolution": SIZE,
        "metrics": ["l1"],
    }
    if keys.get("task") == "cross_reenactment":
        content["pairs"] = {"rule": "all_cross_identity"}
    return Protocol.model_validate(content | keys)


def make_pair(source: Path, driving: Path, frames: tuple[int, ...] = (0,)) -> Pair:
    clips = make_clip("s", "anna", path=source), make_clip("d", "bert", path=driving)
    return Pair("s--d", clips[0], frames, clips[1])


def noise(count: int, height: int = SIZE, width: int | None = None, seed: int = 0) -> Frames:
    shape = (count, height, width or height, 3)
    return np.random.default_rng(seed).integers(1, 256, shape, dtype=np.uint8)


@cache
def drawn_heads() -> Frames:
    """(7, 192, 192, 3): frames of two people of the demo corpus; frame 3 is an empty room, 5 repeats 4."""
    frames = np.concatenate([render_clip(0, 0, 21, 192).frames[::10], render_clip(1, 1, 21, 192).frames[::10]])
    empty = np.full_like(frames[:1], 128)
    return np.concatenate([frames[:3], empty, frames[3:4], frames[3:5]])


def in_chunks(extract: Extract, frames: Frames, size: int, upstream: Mapping[str, Features] | None = None) -> Features:
    """What an extractor says of `frames` when it gets `size` of them at a time."""
    parts = []
    for start in range(0, len(frames), size):
        rows = slice(start, start + size)
        above = {name: {key: a[rows] for key, a in features.items()} for name, features in (upstream or {}).items()}
        parts.append(extract(frames[rows], above))
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def same_bits(first: Features, second: Features) -> bool:
    return first.keys() == second.keys() and all(np.array_equal(first[k], second[k], equal_nan=True) for k in first)


def grey(levels: Sequence[int], size: int = SIZE) -> Frames:
    """One flat frame per level."""
    return np.repeat(np.array(levels, np.uint8), size * size * 3).reshape(len(levels), size, size, 3)


def encode(
    path: Path,
    frames: Frames,
    *,
    codec: str = "libx264rgb",
    pixels: str = "rgb24",
    options: Mapping[str, str] | None = None,
    times_ms: Sequence[int] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a video as some other program would; `times_ms` gives a variable frame rate."""
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=25)
        stream.pix_fmt, stream.height, stream.width = pixels, frames.shape[1], frames.shape[2]
        stream.options = {"qp": "0", **(options or {})} if codec.startswith("libx264") else dict(options or {})
        if times_ms:
            stream.codec_context.time_base = Fraction(1, 1000)
        for index, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            if times_ms:
                picture.pts, picture.time_base = times_ms[index], Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


class FakeMethod:
    """A method whose `animate` is the function it was given."""

    def __init__(self, animate: Callable[[Frames, Driving], Iterator[Any]]) -> None:
        self._animate = animate

    def animate(self, sources: Frames, driving: Driving, motion: str) -> Iterator[Any]:
        return self._animate(sources, driving)


def copying(sources: Frames, driving: Driving) -> Iterator[Frames]:
    yield from driving


def brightness_extractor(calls: list[int], name: str = "brightness") -> Extractor:
    """Says the first pixel of each frame, NaN for `NO_FACE`; appends the number of frames of each call to `calls`."""

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        calls.append(len(frames))
        level = frames[:, 0, 0, :2].astype(np.float64)
        return {"level": np.where(level == NO_FACE, np.nan, level)}

    return Extractor(name, f"{name}|v1", (), lambda: extract)


def doubling_extractor(calls: list[int]) -> Extractor:
    """Twice what `brightness` says."""

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        calls.append(len(frames))
        return {"level": 2 * upstream["brightness"]["level"]}

    return Extractor("doubled", "doubled|v1", ("brightness",), lambda: extract)


SHIPS_WEIGHTS = """
from pathlib import Path


class Weights:
    def import_file(self, path):
        raise NotImplementedError

    def status(self, checkpoint):
        return []

    def default(self, config):
        return Path(__file__).parent / "weights.bin"


CHECKPOINTS = Weights()
"""
"""What the adapter of a method says that brings its weights along, as `weights.bin` in its own folder."""
