"""What VoxCeleb1 and VoxCeleb2 share: clip names, layout and the people of the test parts.

Prepared layout: `<root>/test/<person>#<video>#<start:06d>#<end:06d>.mp4`, a video or a folder of PNG with that name;
the folder `test` may also be the root itself. Clips of `crop_vox.py`, `<person>#<video>#<utterance>.txt#<k:03d>`, and
of VoxCeleb2's own release, `<person>#<video>#<utterance>`, are understood too. Only the official test people are
evaluated; those in `<root>/train` are for training. Source of the people: VoxCeleb1 and VoxCeleb2, as `crop_vox.py` of
github.com/AliaksandrSiarohin/video-preprocessing lists them.
"""

import re
from collections.abc import Callable
from pathlib import Path

from evalkit.datasets.base import no_lists
from evalkit.datasets.found import Found
from evalkit.datasets.layout import STRANGE, Look
from evalkit.datasets.prepare.jobs import Listing
from evalkit.datasets.prepare.lists.vox_metadata import read_metadata
from evalkit.datasets.prepare.lists.vox_release import read_release
from evalkit.datasets.prepare.lists.vox_tracks import read_tracks
from evalkit.errors import DatasetError

VOX1_TEST = tuple(f"id{number}" for number in range(10270, 10310))
_VOX2_NUMBERS = """
    00017 00061 00081 00154 00419 00562 00812 00817 00866 00926 01000 01041 01066 01106 01224 01228 01298 01333 01437
    01460 01509 01541 01567 01593 01618 01822 01892 01989 02019 02057 02086 02181 02286 02317 02445 02465 02542 02548
    02576 02577 02685 02725 02745 03030 03041 03127 03178 03347 03382 03524 03677 03789 03839 03862 03969 03978 03980
    03981 04006 04030 04094 04119 04232 04253 04276 04295 04366 04478 04536 04570 04627 04656 04657 04862 04950 05015
    05055 05124 05176 05202 05459 05594 05654 05714 05816 05850 05999 06104 06209 06310 06484 06692 06811 06816 06913
    07312 07354 07396 07414 07426 07494 07620 07621 07663 07802 07868 07874 07961 08149 08374 08392 08456 08548 08552
    08696 08701 08911 09017
"""
VOX2_TEST = tuple(f"id{number}" for number in _VOX2_NUMBERS.split())
_NAMES = re.compile(r"(?P<person>[^#]+)#[^#]+#(?:\d{6,}#\d{6,}|\d{5}\.txt#\d{3}|\d{5})")
_NAME = re.compile(r"(?P<person>[^#]+)#(?P<video>[^#]+)#(?P<start>\d{6,})#(?P<end>\d{6,})")
_EXPECTED = "<root>/test/<person>#<video>#<start>#<end>.mp4 of the official test people"


def survey_of(people: tuple[str, ...]) -> Callable[[Path], Found]:
    """The `survey` of a VoxCeleb whose test part consists of `people`."""
    known = frozenset(people)

    def identity_of(name: str) -> str | None:
        person = person_in(name)
        return person if person in known else None

    def strange(name: str) -> str:
        return "a person who is not in the official test part" if person_in(name) else STRANGE

    def survey(root: Path) -> Found:
        look = Look(root)
        look.read_clips(look.part("test"), identity_of, strange)
        return look.found(_EXPECTED)

    return survey


def train(root: Path) -> Found:
    """Clips in the folder `train`, of whomever they show."""
    look = Look(root)
    look.read_clips(look.part("train"), person_in)
    return look.found("<root>/train/<person>#<video>#<start>#<end>.mp4")


def person_in(name: str) -> str | None:
    """The person in a clip of this name; None for a name that no clip of VoxCeleb has."""
    found = _NAMES.fullmatch(name)
    return found["person"] if found else None


def length_of(clip: str) -> int | None:
    """Frames at 25 per second between start and end of a clip's name."""
    found = _NAME.fullmatch(clip)
    return int(found["end"]) - int(found["start"]) if found else None


def reader(
    people: tuple[str, ...], fractions: bool, released: bool = False
) -> Callable[[Path | None, Path | None, str], Listing]:
    """Reads `vox-metadata.csv` (the file, or the only CSV of a folder), else the official tracks `txt/<person>/...`.

    With `released`, raw videos without lists are VoxCeleb2's own release.
    """

    def read(lists: Path | None, raw: Path | None, split: str) -> Listing:
        if lists is None and raw and released:
            return read_release(raw, people, split)
        if lists is None or not lists.exists():
            raise no_lists(lists, "vox-metadata.csv, or the folder `txt` of the official tracks")
        tables = [lists] if lists.is_file() else sorted(lists.glob("*metadata*.csv"))
        if len(tables) > 1:
            raise DatasetError(f"--lists {lists}: holds {len(tables)} metadata files; name one of them.")
        if tables:
            return read_metadata(tables[0], split)
        folder = lists / "txt" if (lists / "txt").is_dir() else lists
        listing = read_tracks(folder, people, split, fractions)
        if not listing.jobs and not listing.remarks:
            raise DatasetError(f"--lists {lists}: no *metadata*.csv and no <person>/<video>/<utterance>.txt in it.")
        return listing

    return read
