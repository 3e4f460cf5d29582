"""The folders evalkit reads and writes."""

import os
import shutil
from pathlib import Path

from evalkit.base.places import cache_dir
from evalkit.doctor.facts import Folder
from evalkit.weights import search_folders


def folders() -> list[Folder]:
    """The cache folder, then every folder weights are looked for in."""
    return [describe("cache", cache_dir()), *(describe("weights", path) for path in search_folders())]


def describe(what: str, path: Path) -> Folder:
    """What can be said of a folder without touching it."""
    nearest = _nearest(path)
    exists = nearest == path and path.is_dir()
    writable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK) and not _read_only(nearest)
    return Folder(what, str(path), exists, writable, _free_bytes(nearest))


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    for candidate in (path, *path.absolute().parents):
        try:
            candidate.lstat()
        except OSError:
            continue
        return candidate
    return path


def _read_only(folder: Path) -> bool:
    """root passes every permission; only the file system can say no."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY) or not os.statvfs(folder).f_blocks
    except OSError:
        return True


def _free_bytes(path: Path) -> int | None:
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return None
