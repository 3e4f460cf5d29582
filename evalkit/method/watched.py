"""What a method was given beside its pair: the content of files and folders, and whether it stayed as it was.

Weights, and files that options name. Their digests belong to the configuration of a run and are taken before the method
is built, so that after each pair the files are looked at once more.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.base.digests import State, states_of
from evalkit.base.files import content_sha256, folder_sha256
from evalkit.errors import RunError


@dataclass(frozen=True)
class WatchedFile:
    """A file or folder, the sha256 of its content, and the state of all its files when that was taken."""

    path: Path
    sha256: str
    state: State

    def seen_here(self) -> "WatchedFile":
        """The same, with the state that this machine sees. Raises `RunError` for other content."""
        self.refuse_changed()
        return replace(self, state=state_of(self.path))

    def refuse_changed(self) -> None:
        """Raise `RunError` when what may have been read since is not what was hashed."""
        try:
            same = state_of(self.path) == self.state or sha256_of(self.path) == self.sha256
        except OSError:
            same = False
        if not same:
            raise RunError(
                f"{self.path} changed while the run was going, so that nobody knows what the clips were made with. "
                "Leave it alone, and repeat the run. If the method itself writes there, its card should say "
                "`path: false` of the option."
            )


def watch(path: Path, sha256: str | None = None) -> WatchedFile:
    """A file or folder as it is now; `sha256` is its digest, where that is known. Raises `OSError`."""
    state = state_of(path)
    return WatchedFile(path, sha256 or sha256_of(path), state)


def sha256_of(path: Path) -> str:
    """sha256 of a file's bytes, or of the names and bytes of a folder's files in order of their names.

    Folders that are links are followed, each once; files whose name begins with a dot do not count.

    Raises `OSError`, and `EvalkitError` for a pipe, socket or device: reading one may never end.
    """
    if not path.is_dir():
        return content_sha256(path)
    return folder_sha256(path, members(path))


def state_of(path: Path) -> State:
    """Name, device, inode, size and times (ns) of a file, or of those in a folder. Raises `OSError`."""
    return states_of(members(path) if path.is_dir() else [path])


def members(folder: Path) -> list[Path]:
    """The files of a folder and of those in it, in order."""
    return sorted(path for path in _walked(folder) if not path.name.startswith(".") and path.is_file())


def _walked(folder: Path) -> Iterator[Path]:
    seen = set()
    for here, below, names in os.walk(folder, followlinks=True):
        stat = Path(here).stat()
        if (stat.st_dev, stat.st_ino) in seen:
            below.clear()
            continue
        seen.add((stat.st_dev, stat.st_ino))
        yield from (Path(here, name) for name in names)
