"""TalkingHead-1KH: face tubes at the size they have in the source video.

Layout: `<root>/val/cropped_clips/<clip>.mp4`; the folders `val` and `cropped_clips` may be left out. The official
evaluation part is `val`.
"""

import re
from pathlib import Path

from evalkit.datasets.base import Dataset, clips_of, no_lists
from evalkit.datasets.found import Found
from evalkit.datasets.layout import STRANGE, Look
from evalkit.datasets.prepare.jobs import Listing, Recipe
from evalkit.datasets.prepare.lists.th1kh_tubes import identity_of, length_of, read_tubes

_NAME = re.compile(r".+_S\d+_E\d+_L\d+_T\d+_R\d+_B\d+")


def survey(root: Path) -> Found:
    """Clips of the part `val` if there is such a folder, else of the root, and what is not one."""
    look = Look(root)
    folder = look.part("val/cropped_clips", "cropped_clips", "val")
    look.read_clips(folder, person_in)
    return look.found("<root>/val/cropped_clips/<chunk>_S.._E.._L.._T.._R.._B...mp4")


def train(root: Path) -> Found:
    """Clips of the part `train`, but for videos that have clips in `val` as well."""
    look = Look(root)
    tested = {clip.identity for clip in survey(root).clips} if (root / "val").is_dir() else set()
    folder = look.part("train/cropped_clips", "cropped_clips", "train")

    def identity_of_other(name: str) -> str | None:
        person = person_in(name)
        return None if person in tested else person

    look.read_clips(folder, identity_of_other, lambda name: "a video of the part val" if person_in(name) else STRANGE)
    return look.found("<root>/train/cropped_clips/<chunk>_S.._E.._L.._T.._R.._B...mp4")


def person_in(name: str) -> str | None:
    """The video that a clip of this name is cut from; None for a name that no clip of TalkingHead-1KH has."""
    return identity_of(name) if _NAME.fullmatch(name) else None


def _read(lists: Path | None, raw: Path | None, split: str) -> Listing:
    path = lists / f"{split}_video_tubes.txt" if lists and lists.is_dir() else lists
    if path is None or not path.is_file():
        raise no_lists(lists, f"the unpacked data_list folder with {split}_video_tubes.txt")
    return read_tubes(path, split)


DATASET = Dataset(
    id="talkinghead_1kh",
    title="TalkingHead-1KH",
    licence="lists and scripts MIT, videos CC BY 3.0",
    size="500,000 clips, about 80,000 of them above 512x512; evaluation uses the part val, from 1080p videos only",
    obtain="Get and unpack data_list.zip from github.com/tcwang0509/TalkingHead-1KH, download its YouTube videos "
    "yourself and cut them into one-minute chunks without re-encoding, as videos_split.sh there does.",
    index=clips_of(survey),
    survey=survey,
    train=train,
    recipe=Recipe(
        lists="the unpacked data_list folder with {val,train,small}_video_tubes.txt",
        raw="the one-minute chunks, <YouTube id>_<chunk:04d>.mp4, at any depth",
        read=_read,
        splits=("val", "small", "train"),
        size=None,
        length=length_of,
    ),
)
