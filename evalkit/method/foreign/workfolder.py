"""The folder of one pair: the same inputs find the same folder again, so that finished steps are not repeated.

Repositories cut names at their first dot, put paths into shells and take them for patterns, so a folder whose path
has anything but letters, digits, `_`, `-` and slashes is handed over by a link of a plain name.
"""

import contextlib
import fcntl
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.base.places import cache_dir
from evalkit.method.foreign.inputs import write_driving, write_settings, write_source
from evalkit.method.foreign.output import Stillness, watched
from evalkit.method.foreign.task import Setting, Task

DROP_IN = Path(__file__).parent / "drop_in"
_PLAIN = re.compile(r"[\w/-]+", re.ASCII)


@dataclass(frozen=True)
class Work:
    """Inputs of a pair on disk, and the values of the placeholders that belong to it."""

    folder: Path
    given: Path
    values: dict[str, object]
    handed: int
    wanted: int
    driving: Stillness


@contextlib.contextmanager
def work_for(setting: Setting, task: Task) -> Iterator[Work]:
    """Write the inputs of a pair, or find them again.

    The folder is removed when the block ends well, or when it holds no finished step.

    Raises `MethodError`.
    """
    root = setting.scratch or cache_dir() / "foreign" / setting.place.method
    root.mkdir(parents=True, exist_ok=True)
    fresh = root / f"new_{uuid4().hex}"
    card, seen = setting.card, Stillness()
    try:
        inputs = fresh / "input"
        source = write_source(inputs, card.source, task.sources()[0])
        driving, wanted = write_driving(inputs, card.driving, watched(iter(task.driving), seen), task.fps)
        asked = [card.model_dump(mode="json"), dict(setting.options), setting.seed, setting.commit]
        asked += [setting.given, task.motion]
        digest = canonical_sha256([task.pair, content_sha256(inputs), wanted, *asked, str(setting.place.clone)])[:24]
        folder = root / digest
        with _held(folder, fresh), _plain_path(folder, digest) as given:
            values: dict[str, object] = {
                **shared_values(setting, task.size, task.motion),
                "work": given,
                "source": given / "input" / source.relative_to(inputs),
                "driving": given / "input" / driving.relative_to(inputs),
                "frames": card.driving.handed(wanted),
                "wanted": wanted,
                "fps": round(card.driving.fps or task.fps),
                "pair": task.pair,
                "name": f"ek{digest}",
                "fresh": f"ek{uuid4().hex[:16]}",
                "port": _free_port(),
            }
            for settings in card.files:
                write_settings(folder / settings.path, settings, setting.place.clone, values)
            done = False
            try:
                yield Work(folder, given, values, card.driving.handed(wanted), wanted, seen)
                done = True
            finally:
                if done or not list(folder.glob(".done_*")):
                    shutil.rmtree(folder, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _free_port() -> int:
    """For programs that insist on a process group; two that start at once get different ones."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def shared_values(setting: Setting, size: int, motion: str) -> dict[str, object]:
    """Placeholders that do not depend on the pair."""
    return {
        **setting.options,
        "clone": setting.place.clone,
        "python": setting.place.python,
        "card": setting.folder.absolute(),
        "worker": DROP_IN,
        "size": size,
        "seed": setting.seed,
        "motion": motion,
        "device": setting.device.partition(":")[0],
    }


@contextlib.contextmanager
def _held(folder: Path, fresh: Path) -> Iterator[None]:
    """Inside, `folder` is there, made of `fresh` where it was not, and no other run of the same pair uses it."""
    while True:
        if not folder.is_dir():
            with contextlib.suppress(OSError):
                fresh.rename(folder)
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Whoever had it before may have removed it.
            if folder.is_dir() and os.path.samestat(os.fstat(handle), folder.stat()):
                yield
                return
        finally:
            os.close(handle)


@contextlib.contextmanager
def _plain_path(folder: Path, digest: str) -> Iterator[Path]:
    if _PLAIN.fullmatch(str(folder.absolute())):
        yield folder.absolute()
        return
    link = Path(tempfile.gettempdir()) / f"evalkit_{os.getuid()}_{digest}"
    with contextlib.suppress(FileNotFoundError):
        link.unlink()
    link.symlink_to(folder.absolute(), target_is_directory=True)
    try:
        yield link
    finally:
        link.unlink(missing_ok=True)


@contextlib.contextmanager
def clone_alone(clone: Path, alone: bool) -> Iterator[None]:
    """Inside, no other run of evalkit works in this clone, where the card says that two would meet."""
    if not alone:
        yield
        return
    handle = os.open(clone, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
