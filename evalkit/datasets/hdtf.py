"""HDTF: 421 clips of interviews and speeches at 512x512. Layout: `<root>/<subset>_<name>_<clip:03d>.mp4`."""

import re
from pathlib import Path

from evalkit.datasets.base import Dataset, clips_of, no_lists
from evalkit.datasets.found import Found
from evalkit.datasets.layout import Look
from evalkit.datasets.prepare.jobs import Listing, Recipe
from evalkit.datasets.prepare.lists.hdtf_lists import SIZE, SUBSETS, identity_of, read_lists

_NAME = re.compile(rf"(?:{'|'.join(SUBSETS)})_.+_\d{{3}}")


def survey(root: Path) -> Found:
    """Clips of all three subsets, and what is not one."""
    look = Look(root)
    look.read_clips(root, person_in)
    return look.found("<root>/<RD|WDA|WRA>_<name>_<three digits>.mp4")


def person_in(name: str) -> str | None:
    """The person in a clip of this name; None for a name that no clip of HDTF has."""
    return identity_of(name) if _NAME.fullmatch(name) else None


def _read(lists: Path | None, raw: Path | None, split: str) -> Listing:
    return read_lists(_folder(lists))


def _redetect(lists: Path | None, raw: Path | None, split: str) -> Listing:
    return read_lists(_folder(lists), redetect=True)


def _folder(lists: Path | None) -> Path:
    if lists is None or not lists.is_dir():
        raise no_lists(lists, "the folder HDTF_dataset with RD_video_url.txt and its companions")
    return lists


DATASET = Dataset(
    id="hdtf",
    title="HDTF, 512x512 crops",
    licence="CC BY 4.0 by its README (the repository's LICENSE file is GPL-3.0)",
    size="421 clips with a crop, of 436 intervals of 370 videos, 17.1 hours",
    obtain="Get the folder HDTF_dataset from github.com/MRzzm/HDTF and download its YouTube videos yourself.",
    index=clips_of(survey),
    survey=survey,
    train=survey,
    recipe=Recipe(
        lists="the folder HDTF_dataset with {RD,WDA,WRA}_{video_url,annotion_time,resolution,crop_wh,crop_ratio}.txt",
        raw="<subset>_<name>.mp4, <name>.mp4 or <YouTube id>.mp4, at any depth, in the listed resolution "
        "(any with --redetect)",
        read=_read,
        splits=("all",),
        size=SIZE,
        redetect=_redetect,
    ),
)
