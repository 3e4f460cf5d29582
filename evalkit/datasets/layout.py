"""Prepared layouts: folders whose entries are clips, told apart by name alone, so that big trees index fast."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from evalkit.base.names import is_text
from evalkit.clips.kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from evalkit.datasets.base import unique_clips
from evalkit.errors import DatasetError
from evalkit.types import Clip


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """Visible entries by name; names that are not UTF-8 are left out. Raises as `all_entries`."""
    return [entry for entry in all_entries(folder) if entry.name[0] != "." and is_text(entry.name)]


def all_entries(folder: Path) -> list[os.DirEntry[str]]:
    """Entries by name. Raises `DatasetError` for a folder that cannot be read."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except PermissionError as error:
        raise DatasetError(f"{folder}: not readable. Fix the permissions of the data folder.") from error
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be read ({error.strerror}).") from error


def named_clips(folder: Path, identity_of: Callable[[str], str | None]) -> Iterator[Clip]:
    """Clips directly in `folder`: `<id>.mp4` and the like, as a video or a folder of images with or without suffix.

    `identity_of(id)` names the person, or None for an entry that is not a clip of the dataset.
    """
    for entry in entries(folder):
        stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122
        is_video = suffix.lower() in VIDEO_SUFFIXES
        if not is_video and not is_folder(entry):
            continue
        name = stem if is_video else entry.name
        if identity := identity_of(name):
            yield Clip(name, identity, "clip", Path(entry.path))


def portraits(root: Path) -> Iterator[Clip]:
    """Single images in `root/portraits`, each a person of its own."""
    folder = root / "portraits"
    if folder.is_dir():
        for entry in entries(folder):
            stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122
            if suffix.lower() in IMAGE_SUFFIXES:
                yield Clip(stem, f"portrait {stem}", "portrait", Path(entry.path))


def checked(clips: list[Clip], root: Path, expected: str) -> list[Clip]:
    """`clips` in order of id. Raises `DatasetError` for none, or for two with one id."""
    if not clips:
        raise DatasetError(f"{root}: no clip found. Expected {expected}; `evalkit data prepare` makes such a folder.")
    return unique_clips(clips, root)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder; a dangling or circular link is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False
