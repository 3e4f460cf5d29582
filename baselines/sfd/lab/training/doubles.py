"""Doubles: clips in which another person makes the motion of a clip, frame by frame.

Where motion is read off a double, and the picture wanted is the true driving frame, the person whose face the motion
was read off carries no information about the picture, so a motion descriptor gains nothing by encoding it. Real data
have doubles only where another method has made them beforehand, as X-Portrait (Xie et al., SIGGRAPH 2024) does; drawn
people have them for the asking (`python -m baselines.sfd.lab.data --shared-motion`).
"""

from collections.abc import Mapping, Sequence

from evalkit.datasets.folder import MANIFEST, MOTION
from evalkit.errors import DatasetError
from evalkit.types import Clip

_SHOWN = 5


def doubles(
    people: Sequence[Sequence[Clip]], motion: Mapping[str, str], lengths: Mapping[str, int]
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Id of a clip -> its doubles.

    Args:
        people: for every person the clips.
        motion: id of a clip -> name of its motion.
        lengths: id of a clip -> how many frames it has.

    Returns:
        Clips with doubles -> place of the person and place among that person's clips, of each double.

    Raises:
        DatasetError: a clip has another number of frames than its double.
    """
    made: dict[str, list[tuple[int, int]]] = {}
    for person, clips in enumerate(people):
        for place, clip in enumerate(clips):
            if clip.id in motion:
                made.setdefault(motion[clip.id], []).append((person, place))
    found = {}
    for name, places in made.items():
        ids = [people[person][place].id for person, place in places]
        if len({person for person, _ in places}) > 1:
            one_length(name, {clip: lengths[clip] for clip in ids})
        for name_of_clip, (person, _) in zip(ids, places, strict=True):
            others = tuple(other for other in places if other[0] != person)
            if others:
                found[name_of_clip] = others
    return found


def one_length(motion: str, lengths: Mapping[str, int]) -> int:
    """How many frames the clips of a motion have, from their lengths by id. Raises `DatasetError` where they differ."""
    if len(set(lengths.values())) > 1:
        each = ", ".join(f"{clip}: {length}" for clip, length in list(lengths.items())[:_SHOWN])
        raise DatasetError(
            f"The clips with the motion {motion!r} must show it frame by frame, so have one length; their frames are "
            f"{each}. Cut them, or empty their cells in the column {MOTION!r} of {MANIFEST}."
        )
    return next(iter(lengths.values()))
