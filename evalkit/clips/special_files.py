"""What cannot be a clip: nothing at all, pipes, sockets and devices."""

import stat
from pathlib import Path

from evalkit.base.refusals import explained
from evalkit.errors import VideoError


def refuse_absent(path: Path) -> None:
    """Raise `VideoError` for what is not there, may not be looked at, or is a pipe, socket or device."""
    if mode_of(path) is None:
        raise VideoError(f"{path}: no such file or folder")
    refuse_special(path)


def refuse_special(path: Path) -> None:
    """Reading a pipe or a device may never end."""
    if mode_of(path) not in (None, stat.S_IFREG, stat.S_IFDIR):
        raise VideoError(f"{path}: a pipe, socket or device. Only files and folders can be clips; remove it.")


def mode_of(path: Path) -> int | None:
    """What `path` is (`stat.S_IFREG`, ...), None where nothing is. Raises `VideoError` where nobody may look."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise VideoError(explained(error, path)) from error
