"""CelebV (ReenactGAN): five people, 256x256 pictures, made into clips of consecutive ones.

Prepared layout: `<root>/<person>/<first picture>/*.png` (or `.mkv`). The archive itself, `<root>/<person>/Image/*.jpg`,
is understood too: then each person is one long clip, and lists name pictures as `<person>@<file>`.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from evalkit.datasets.base import Dataset
from evalkit.datasets.layout import checked, entries, is_folder, named_clips
from evalkit.datasets.prepare.jobs import Listing, Recipe
from evalkit.datasets.prepare.lists.celebv_images import CLIPS, LENGTH, PEOPLE, SIZE, length_of, read_archive
from evalkit.errors import DatasetError
from evalkit.types import Clip

_OBTAIN = "Get the CelebV archive by the link in the README of github.com/wywu/ReenactGAN and unpack it."


def index(root: Path) -> list[Clip]:
    """Clips of the five people."""
    return checked(list(_clips(root)), root, f"<root>/<person>/<clip> or <root>/<person>/Image of {', '.join(PEOPLE)}")


def _clips(root: Path) -> Iterator[Clip]:
    for entry in entries(root):
        if entry.name not in PEOPLE or not is_folder(entry):
            continue
        person, folder = entry.name, Path(entry.path)
        if (folder / "Image").is_dir():
            yield Clip(person, person, "clip", folder / "Image")
            continue
        for clip in named_clips(folder, lambda name: name if name.isdecimal() else None):
            yield replace(clip, id=f"{person}#{clip.id}", identity=person)


def _read(lists: Path | None, raw: Path | None, split: str) -> Listing:
    if raw is None:
        raise DatasetError(
            f"CelebV has no lists of clips or videos: leave --lists out. {_OBTAIN} Then "
            "`evalkit data prepare celebv --raw CelebV --root DIR` makes the clips."
        )
    return read_archive(raw)


DATASET = Dataset(
    id="celebv",
    title="CelebV of ReenactGAN",
    licence="none stated",
    size=f"5 people, about 40,000 pictures each; {5 * CLIPS} clips of {LENGTH} pictures when prepared",
    obtain=_OBTAIN,
    index=index,
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
