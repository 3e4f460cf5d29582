"""Find raw videos in the user's download folder, at any depth."""

import os
from collections.abc import Iterator
from pathlib import Path

from evalkit.clips.kinds import VIDEO_SUFFIXES
from evalkit.datasets.prepare.jobs import ClipJob
from evalkit.errors import DatasetError


class RawVideos:
    """Videos and folders of pictures under `folder`, by their path without suffix.

    Raises `DatasetError` for a folder that is absent or unreadable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_name: dict[str, list[Path]] = {}
        if not folder.is_dir():
            raise DatasetError(f"--raw {folder}: no such folder. It should hold the videos you downloaded.")
        for path in walk(folder):
            key = path.relative_to(folder)
            name = key.as_posix() if path.is_dir() else key.with_suffix("").as_posix()
            parts = name.split("/")
            for known in {name, parts[-1], "/".join(parts[-2:])}:
                self._by_name.setdefault(known, []).append(path)

    def find(self, job: ClipJob) -> tuple[Path | None, str]:
        """The video of a job, and a note when there was a choice."""
        for name in job.videos:
            if paths := self._by_name.get(name):
                note = f"{len(paths)} raw videos are called {name!r}; {paths[0]} was taken" if len(paths) > 1 else ""
                return paths[0], note
        return None, ""


def walk(folder: Path) -> Iterator[Path]:
    """Videos and folders under `folder`, through symbolic links, each folder once.

    Raises `DatasetError` for a folder that may not be read.
    """
    seen: set[str] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        real = os.path.realpath(current)
        if real in seen:
            continue
        seen.add(real)
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except PermissionError as error:
            raise DatasetError(f"{current}: not readable. Fix the permissions of the download folder.") from error
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                waiting.append(path)
                yield path
            elif path.suffix.lower() in VIDEO_SUFFIXES:
                yield path
