"""CelebA-HQ: 30,000 portraits as sources, driven by clips that the user puts beside them.

Layout, as CelebAMask-HQ is unpacked: `<root>/CelebA-HQ-img/<number>.jpg`, or pictures of any name there. Driving clips
lie in `<root>/driving`. A portrait is a person of its own, unless `<root>` also has CelebAMask-HQ's
`CelebA-HQ-to-CelebA-mapping.txt` and CelebA's `identity_CelebA.txt`, which together say who it is.
"""

from dataclasses import replace
from pathlib import Path

from evalkit.datasets.base import Dataset, clips_of
from evalkit.datasets.found import BESIDE, Found
from evalkit.datasets.labels import Labels, read_celeba
from evalkit.datasets.layout import Look
from evalkit.errors import DatasetError

PICTURES, DRIVING = "CelebA-HQ-img", "driving"
MAPPING, PEOPLE = "CelebA-HQ-to-CelebA-mapping.txt", "identity_CelebA.txt"
ATTRIBUTES = "CelebAMask-HQ-attribute-anno.txt"


def survey(root: Path) -> Found:
    """Portraits and driving clips, and what is neither."""
    look = Look(root)
    for entry in look.entries(root):
        if entry.name not in (PICTURES, DRIVING, MAPPING, PEOPLE, ATTRIBUTES):
            look.pass_over(entry, BESIDE)
    look.read_portraits(root / PICTURES)
    people = identities(root)
    look.clips[:] = [replace(clip, identity=people.get(clip.id, clip.identity)) for clip in look.clips]
    if (root / DRIVING).is_dir():
        before = len(look.clips)
        look.read_clips(root / DRIVING, lambda name: name)
        look.clips[before:] = [replace(clip, role="driving") for clip in look.clips[before:]]
    return look.found(
        f"portraits <root>/{PICTURES}/<number>.jpg and clips <root>/{DRIVING}/<clip>.mp4",
        "Unpack CelebAMask-HQ, and put the clips that are to drive its portraits beside them",
    )


def labels(root: Path) -> Labels:
    """Attributes of the portraits, where CelebAMask-HQ's list of them lies in the root. Raises `DatasetError`."""
    path = root / ATTRIBUTES
    return read_celeba(path) if path.is_file() else {}


def identities(root: Path) -> dict[str, str]:
    """Number of a portrait -> whom it shows, by the two lists; none where one is missing. Raises `DatasetError`."""
    if not ((root / MAPPING).is_file() and (root / PEOPLE).is_file()):
        return {}
    people = {row[0]: f"CelebA {row[1]}" for row in _rows(root / PEOPLE, 2)}
    return {row[0]: people[row[2]] for row in _rows(root / MAPPING, 3)[1:] if row[2] in people}


def _rows(path: Path, columns: int) -> list[list[str]]:
    """Rows of a list whose columns are separated by spaces."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}.") from error
    rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    for number, row in rows:
        if len(row) != columns:
            raise DatasetError(f"{path} line {number}: expected {columns} columns, got {len(row)}.")
    return [row for _, row in rows]


DATASET = Dataset(
    id="celeba_hq",
    title="CelebA-HQ portraits",
    licence="non-commercial research only",
    size="30,000 pictures of 1024x1024; driving clips are your own",
    obtain="Get CelebAMask-HQ by the link in the README of github.com/switchablenorms/CelebAMask-HQ, unpack it, and "
    "put the clips that are to drive its portraits into the folder driving in it.",
    index=clips_of(survey),
    survey=survey,
    labels=labels,
)
