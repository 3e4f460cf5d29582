"""Doubles: clips in which another person makes the motion of a clip, frame by frame.

Where motion is read off a double, and the picture wanted is the true driving frame, whose face the motion was read off
says nothing of the picture, so nothing is gained by a motion descriptor that tells it. Real data have doubles only
where another method has made them beforehand, as X-Portrait (Xie et al., SIGGRAPH 2024) does; drawn people have them
for the asking (`python -m baselines.sfd.data --shared-motion`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from evalkit.csvfile import read_rows
from evalkit.datasets.folder import MANIFEST
from evalkit.errors import DatasetError
from evalkit.types import Clip, Frames

COLUMN = "motion"


class _Filmed(Protocol):
    """A clip with its frames."""

    @property
    def clip(self) -> Clip: ...

    @property
    def frames(self) -> Frames: ...


def motions(root: Path) -> dict[str, str]:
    """Id of a clip -> name of its motion, from the column `motion` of the manifest; those without one are left out."""
    manifest = root / MANIFEST
    if not manifest.is_file():
        return {}
    rows = read_rows(manifest, required=("id",), error=DatasetError)
    return {row.text("id"): row.cells[COLUMN] for row in rows if row.cells.get(COLUMN)}


def doubles(people: Sequence[Sequence[_Filmed]], motion: dict[str, str]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Id of a clip -> its doubles.

    Args:
        people: for every person the clips.
        motion: id of a clip -> name of its motion.

    Returns:
        Clips with doubles -> place of the person and place among that person's clips, of each double.

    Raises:
        DatasetError: a clip has another number of frames than its double.
    """
    made: dict[str, list[tuple[int, int]]] = {}
    for person, clips in enumerate(people):
        for place, one in enumerate(clips):
            if one.clip.id in motion:
                made.setdefault(motion[one.clip.id], []).append((person, place))
    found = {}
    for name, places in made.items():
        lengths = {people[person][place].clip.id: len(people[person][place].frames) for person, place in places}
        if len(set(lengths.values())) > 1:
            each = ", ".join(f"{clip}: {length}" for clip, length in list(lengths.items())[:5])
            raise DatasetError(
                f"The clips with the motion {name!r} must show it frame by frame, so have one length; their frames are "
                f"{each}. Cut them, or empty their cells in the column {COLUMN!r} of {MANIFEST}."
            )
        for person, place in places:
            others = tuple(other for other in places if other[0] != person)
            if others:
                found[people[person][place].clip.id] = others
    return found
