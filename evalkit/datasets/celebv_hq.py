"""CelebV-HQ: clips of at least 512x512, cut by the official script's rule; the source video stands for the person.

Layout: `<root>/<clip>.mp4` or `<root>/processed/<clip>.mp4`. Images in `<root>/portraits` become portraits.
If `<root>` has `celebvhq_info.json`, its labels are attributes of the clips.
"""

import re
from pathlib import Path

from evalkit.datasets.base import Dataset, clips_of, no_lists
from evalkit.datasets.found import Found
from evalkit.datasets.labels import Labels, read_celebvhq
from evalkit.datasets.layout import Look
from evalkit.datasets.prepare.jobs import Listing, Recipe
from evalkit.datasets.prepare.lists.celebvhq_json import identity_of, read_info

INFO = "celebvhq_info.json"
_NAME = re.compile(r".+_\d+")


def survey(root: Path) -> Found:
    """Clips and portraits, and what is neither."""
    look = Look(root, portraits=True)
    folder = look.part("processed")
    look.read_clips(folder, lambda name: identity_of(name) if _NAME.fullmatch(name) else None)
    look.read_portraits()
    return look.found("<root>/<YouTube id>_<number>.mp4")


def labels(root: Path) -> Labels:
    """Appearance, actions and emotion of the clips, where the official file lies in the root. Raises `DatasetError`."""
    path = root / INFO
    return read_celebvhq(path) if path.is_file() else {}


def _read(lists: Path | None, raw: Path | None, split: str) -> Listing:
    path = lists / INFO if lists and lists.is_dir() else lists
    if path is None or not path.is_file():
        raise no_lists(lists, "celebvhq_info.json, or the folder that holds it")
    return read_info(path)


DATASET = Dataset(
    id="celebv_hq",
    title="CelebV-HQ",
    licence="non-commercial research only; nothing derived from it may be passed on",
    size="35,666 clips of 3 to 20 s, at least 512x512",
    obtain="Get celebvhq_info.json from github.com/CelebV-HQ/CelebV-HQ and download its YouTube videos yourself.",
    index=clips_of(survey),
    survey=survey,
    train=survey,
    labels=labels,
    recipe=Recipe(
        lists="celebvhq_info.json",
        raw="<YouTube id>.mp4 (or .mkv, .webm), at any depth",
        read=_read,
        splits=("all",),
        size=None,
    ),
)
