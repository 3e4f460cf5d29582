"""CelebV's pictures, `<person>/Image/P_<name>_<n>.jpg_<10 digits>.jpg`, as clips of consecutive pictures.

There is no list: the archive is one. `n` counts frames of the source video, the ten digits count pictures. A clip is
100 pictures whose `n` follow each other; 20 clips are spread evenly over each person's pictures, which fixes them for
everybody who has the whole archive. Source: github.com/wywu/ReenactGAN and reference samples.
"""

import re
from fractions import Fraction
from pathlib import Path

from evalkit.clips.kinds import IMAGE_SUFFIXES
from evalkit.clips.video import natural_order
from evalkit.datasets.prepare.jobs import ClipJob, Listing, Remark, WholeFrame, Window
from evalkit.datasets.prepare.raw import walk
from evalkit.errors import DatasetError

SIZE, LENGTH, CLIPS = 256, 100, 20
PEOPLE = ("Donald_Trump", "Emmanuel_Macron", "Jack_Ma", "Kathleen", "Theresa_May")
_PICTURE = re.compile(r".+_(?P<frame>\d+)\.(?:jpg|png)_(?P<index>\d{10})\.(?:jpg|png)", re.IGNORECASE)


def read_archive(raw: Path) -> Listing:
    """Jobs for the people whose `Image` folder is there; absent people become remarks."""
    jobs: list[ClipJob] = []
    remarks: list[Remark] = []
    folders = {path.parent.name: path for path in sorted(walk(raw)) if path.name == "Image"}
    for person in PEOPLE:
        if person not in folders:
            remarks.append(Remark(person, "not made", f"no folder {person}/Image", str(raw)))
            continue
        starts, odd = _starts(folders[person])
        remarks += [Remark(f"{person}/{name}", "odd", "not named P_<name>_<n>.jpg_<10 digits>.jpg") for name in odd]
        if not starts:
            remarks.append(
                Remark(person, "not made", f"no {LENGTH} pictures that follow each other", f"{person}/Image")
            )
        jobs += [_job(person, position, index) for position, index in starts]
    if not jobs and not folders:
        raise DatasetError(f"{raw}: no <person>/Image folder. Unpack CelebV's archive there.")
    return Listing(tuple(jobs), tuple(remarks))


def length_of(clip: str) -> int | None:
    """Every prepared clip is equally long."""
    return LENGTH if "#" in clip else None


def _starts(folder: Path) -> tuple[list[tuple[int, str]], list[str]]:
    """Position in the folder and ten digits of the first picture of each clip; and names that are not pictures'."""
    paths = [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "."]
    names = [path.name for path in sorted(paths, key=natural_order)]
    found = [(position, match) for position, name in enumerate(names) if (match := _PICTURE.fullmatch(name))]
    odd = [name for name in names if not _PICTURE.fullmatch(name)]
    starts: list[tuple[int, str]] = []
    run = 0
    for number, (position, match) in enumerate(found):
        follows = number and int(match["frame"]) == int(found[number - 1][1]["frame"]) + 1
        run = run + 1 if follows else 1
        if run == LENGTH:
            first = found[number - LENGTH + 1]
            starts.append((position - LENGTH + 1, first[1]["index"]))
            run = 0
    return _spread(starts), odd


def _spread(starts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """At most `CLIPS` of them, evenly."""
    if len(starts) <= CLIPS:
        return starts
    return [starts[number * len(starts) // CLIPS] for number in range(CLIPS)]


def _job(person: str, position: int, index: str) -> ClipJob:
    return ClipJob(
        id=f"{person}#{index}",
        file=f"{person}/{index}",
        identity=person,
        videos=(f"{person}/Image", f"CelebV/{person}/Image"),
        window=Window(Fraction(position), Fraction(position + LENGTH), None),
        region=WholeFrame(),
        size=SIZE,
        where=f"{person}/Image",
    )
