"""Prepared layouts: folders whose entries are clips, told apart by name alone, so that big trees index fast."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.base.names import is_text, shown
from evalkit.clips.kinds import IMAGE_SUFFIXES, UNFINISHED, UNREAD_IMAGES, VIDEO_SUFFIXES
from evalkit.datasets.base import unique_clips
from evalkit.datasets.found import HALF, HIDDEN, NOT_UTF8, UNREAD, Found, Ignored
from evalkit.errors import DatasetError
from evalkit.types import Clip

PORTRAITS = "portraits"
STRANGE = "a name that clips of this dataset do not have"
NO_CLIP = "neither a video nor a folder of pictures"
NO_PORTRAIT = "not a picture"
_OWN = ("prepare.jsonl", "manifest.csv", "celebvhq_info.json")
"""What `evalkit data prepare` leaves beside the clips, and a list that says more of them."""


def all_entries(folder: Path) -> list[os.DirEntry[str]]:
    """Entries by name. Raises `DatasetError` for a folder that cannot be read."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except PermissionError as error:
        raise DatasetError(f"{folder}: not readable. Fix the permissions of the data folder.") from error
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be read ({error.strerror}).") from error


@dataclass
class Look:
    """What is found on the way through a prepared root: clips, with `portraits` also these, and what is neither."""

    root: Path
    portraits: bool = False
    clips: list[Clip] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)

    def entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """Visible entries by name. Raises as `all_entries`."""
        known = {*_OWN, *([PORTRAITS] if self.portraits else [])} if folder == self.root else set()
        for entry in all_entries(folder):
            if entry.name in known:
                continue
            if not is_text(entry.name):
                self.pass_over(entry, NOT_UTF8)
            elif entry.name.startswith("."):
                self.pass_over(entry, HIDDEN)
            else:
                yield entry

    def pass_over(self, entry: os.DirEntry[str], reason: str) -> None:
        """Note an entry that becomes no clip."""
        self.ignored.append(Ignored(shown(Path(entry.path).relative_to(self.root)), reason))

    def part(self, *names: str) -> Path:
        """The folder below the root that holds the clips: the first of `names` that is there, else the root.

        What lies beside it on the way is left out.
        """
        name = next((name for name in names if (self.root / name).is_dir()), "")
        folder = self.root
        for step in Path(name).parts:
            for entry in self.entries(folder):
                if entry.name != step:
                    self.pass_over(entry, f"beside {step}/, where the clips are")
            folder /= step
        return folder

    def read_clips(
        self, folder: Path, identity_of: Callable[[str], str | None], strange: Callable[[str], str] | None = None
    ) -> None:
        """Take the clips directly in `folder`: `<id>.mp4` and the like, a video or a folder of images of any suffix.

        `identity_of(id)` names the person, or None for an entry that is not a clip of the dataset; `strange(id)` says
        why it is not one.
        """
        for entry in self.entries(folder):
            stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122
            is_video = suffix.lower() in VIDEO_SUFFIXES
            name = stem if is_video else entry.name
            if not is_video and not is_folder(entry):
                self.pass_over(entry, HALF if suffix.lower() in UNFINISHED else NO_CLIP)
            elif identity := identity_of(name):
                self.clips.append(Clip(name, identity, "clip", Path(entry.path)))
            else:
                self.pass_over(entry, strange(name) if strange else STRANGE)

    def read_portraits(self, folder: Path | None = None) -> None:
        """Take the single images in the folder of portraits, or in `folder`, each a person of its own."""
        folder = folder or self.root / PORTRAITS
        for entry in self.entries(folder) if folder.is_dir() else ():
            stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122
            if suffix.lower() in IMAGE_SUFFIXES:
                self.clips.append(Clip(stem, f"portrait {stem}", "portrait", Path(entry.path)))
            else:
                self.pass_over(entry, UNREAD if suffix.lower() in UNREAD_IMAGES else NO_PORTRAIT)

    def found(self, expected: str, advice: str = "`evalkit data prepare` makes such a folder") -> Found:
        """All of it, clips in order of id. Raises `DatasetError` for no clip, or for two with one id."""
        if not any(clip.kind == "clip" for clip in self.clips):
            raise DatasetError(f"{self.root}: no clip found. Expected {expected}. {advice}.")
        return Found(tuple(unique_clips(self.clips, self.root)), tuple(self.ignored))


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder; a dangling or circular link is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False
