"""VFHQ: interview clips of high resolution, most used by its test part of 50 clips at 512x512.

Layout: `<root>/GT/Interval1_512x512_LANCZOS4/<clip>/*.png` as the test part is handed out, or the clips directly in the
root, as folders of pictures or videos. A clip is called `Clip+<YouTube id>+P<person>+C<clip>+F<first>-<last>`; the
source video stands for the person, since one person may have several numbers.
"""

import re
from pathlib import Path

from evalkit.datasets.base import Dataset, clips_of
from evalkit.datasets.found import Found
from evalkit.datasets.layout import Look

_NAME = re.compile(r"Clip\+(?P<video>.+)\+P\d+\+C\d+\+F\d+-\d+")


def survey(root: Path) -> Found:
    """Clips, and what is left out."""
    look = Look(root)
    folder = look.part("VFHQ-Test/GT/Interval1_512x512_LANCZOS4", "GT/Interval1_512x512_LANCZOS4", "test")
    look.read_clips(folder, person_in)
    return look.found("<root>/GT/Interval1_512x512_LANCZOS4/Clip+<YouTube id>+P<n>+C<n>+F<first>-<last>", "Unpack VFHQ")


def person_in(name: str) -> str | None:
    """The video that a clip of this name is cut from; None for a name that no clip of VFHQ has."""
    found = _NAME.fullmatch(name)
    return found["video"] if found else None


DATASET = Dataset(
    id="vfhq",
    title="VFHQ",
    licence="research only; the videos belong to their uploaders",
    size="over 15,000 clips; the test part is 50 clips at 512x512",
    obtain="Get the test part VFHQ-Test by the link on liangbinxie.github.io/projects/vfhq and unpack it; its pictures "
    "are ready to use.",
    index=clips_of(survey),
    survey=survey,
)
