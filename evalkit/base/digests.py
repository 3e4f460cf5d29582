"""Digests of files that are asked for again and again: computed once per process and state of the file."""

import time
from collections.abc import Iterable
from pathlib import Path

from evalkit.base.files import content_sha256
from evalkit.base.stopwatch import stage

State = tuple[tuple[str, int, int, int, int, int], ...]
_YOUNG_S = 2.0
"""A file may change once more within one tick of its time stamps, so digests of younger ones are not remembered."""


class Digests:
    """sha256 of files and folders by content, as `content_sha256` computes it.

    A digest is kept as long as device, inode, size, and times of change of a file (of all members of a folder) stay.
    The time of an inode's change cannot be set: a file that is replaced under its old time stamp is seen.
    """

    def __init__(self) -> None:
        self._known: dict[Path, tuple[State, str]] = {}

    def of(self, path: Path) -> str:
        """sha256 of what lies at `path` now. Raises `OSError`, and `EvalkitError` for a pipe, socket or device."""
        state = file_state(path)
        if path in self._known and self._known[path][0] == state:
            return self._known[path][1]
        with stage("hash"):
            found = content_sha256(path)
        if file_state(path) == state and _is_settled(state):
            self._known[path] = (state, found)
        return found

    def known(self, path: Path) -> tuple[State, str] | None:
        """The state of a file and its digest then, if they are remembered."""
        return self._known.get(path)

    def learn(self, path: Path, state: State, digest: str) -> None:
        """Remember what another process found."""
        self._known[path] = (state, digest)


def file_state(path: Path) -> State:
    """Name, device, inode, size and times (ns) of a file, or of the files in a folder. Raises `OSError`."""
    return states_of(sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path])


def states_of(files: Iterable[Path]) -> State:
    """The same of several files, in their order. Raises `OSError`."""
    stats = [(str(file), file.stat()) for file in files]
    return tuple((name, s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for name, s in stats)


def _is_settled(state: State) -> bool:
    return all(abs(time.time() - one[-1] / 1e9) > _YOUNG_S for one in state)
