"""CelebV (ReenactGAN): five people, 256x256 pictures, made into clips of consecutive ones.

Prepared layout: `<root>/<person>/<first picture>/*.png` (or `.mkv`). The archive itself, `<root>/<person>/Image/*.jpg`,
is understood too: then each person is one long clip, and lists name pictures as `<person>@<file>`.
"""

import os
from dataclasses import replace
from pathlib import Path

from evalkit.datasets.base import Dataset, clips_of
from evalkit.datasets.found import BESIDE, Found
from evalkit.datasets.layout import Look, is_folder
from evalkit.datasets.prepare.jobs import Listing, Recipe
from evalkit.datasets.prepare.lists.celebv_images import CLIPS, LENGTH, PEOPLE, SIZE, length_of, read_archive
from evalkit.errors import DatasetError
from evalkit.types import Clip

_OBTAIN = "Get the CelebV archive by the link in the README of github.com/wywu/ReenactGAN and unpack it."


def survey(root: Path) -> Found:
    """Clips of the five people, and what is not one."""
    look = Look(root)
    for entry in look.entries(root):
        if entry.name not in PEOPLE or not is_folder(entry):
            look.pass_over(entry, "not a folder of one of the five people")
        elif (Path(entry.path) / "Image").is_dir():
            _read_archive(look, entry)
        else:
            before = len(look.clips)
            look.read_clips(Path(entry.path), lambda name: name if name.isdecimal() else None)
            look.clips[before:] = [
                replace(clip, id=f"{entry.name}#{clip.id}", identity=entry.name) for clip in look.clips[before:]
            ]
    return look.found(f"<root>/<person>/<clip> or <root>/<person>/Image of {', '.join(PEOPLE)}")


def _read_archive(look: Look, person: os.DirEntry[str]) -> None:
    look.clips.append(Clip(person.name, person.name, "clip", Path(person.path) / "Image"))
    for entry in look.entries(Path(person.path)):
        if entry.name != "Image":
            look.pass_over(entry, BESIDE)


def _read(lists: Path | None, raw: Path | None, split: str) -> Listing:
    if raw is None:
        raise DatasetError(
            f"CelebV has no lists of clips or videos: leave --lists out. {_OBTAIN} Then "
            "`evalkit data prepare celebv --raw CelebV --data DIR` makes the clips."
        )
    return read_archive(raw)


DATASET = Dataset(
    id="celebv",
    title="CelebV of ReenactGAN",
    licence="none stated",
    size=f"5 people, about 40,000 pictures each; {5 * CLIPS} clips of {LENGTH} pictures when prepared",
    obtain=_OBTAIN,
    index=clips_of(survey),
    survey=survey,
    test_people=frozenset(PEOPLE),
    recipe=Recipe(
        lists="none; leave --lists out",
        raw="the unpacked archive, <person>/Image/*.jpg",
        read=_read,
        splits=("all",),
        size=SIZE,
        length=length_of,
        listed=False,
    ),
)
