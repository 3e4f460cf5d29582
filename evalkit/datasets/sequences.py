"""Whether the pictures in a folder are the frames of one clip, or photographs."""

import itertools
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

from evalkit.clips.pictures import stored_size

_LOOKED_AT = 16
"""Pictures of a folder whose size is compared, spread evenly."""
_DENSE = 0.9
"""Share of the numbers that has to be there: preparing frames drops some, a choice of photographs has few."""


def why_no_sequence(names: Sequence[str], folder: Path) -> str | None:
    """Why pictures of these file names are not the frames of one clip; None when they are.

    Frames have names that differ in one number alone, of which hardly any is left out, and one size. Pictures that
    cannot be opened are for decoding to explain.
    """
    numbers = _numbers(names)
    if numbers is None:
        return "their names are not numbered alike"
    if len(set(numbers)) < len(numbers):
        return "a number comes twice"
    steps = [later - earlier for earlier, later in itertools.pairwise(numbers)]
    step = math.gcd(*steps) if len(steps) > 1 else 1
    if len(numbers) < _DENSE * ((numbers[-1] - numbers[0]) // step + 1):
        return "too many numbers are left out"
    if len({size for name in _some(names) if (size := _size(folder / name))}) > 1:
        return "they have different sizes"
    return None


def _numbers(names: Sequence[str]) -> list[int] | None:
    """The one number in which names differ, in order; None where they differ otherwise."""
    parts = [re.split(r"([0-9]+)", os.path.splitext(name)[0]) for name in names]  # noqa: PTH122
    if len({tuple(part[::2]) for part in parts}) > 1:
        return None
    columns = [[int(part[at]) for part in parts] for at in range(1, len(parts[0]), 2)]
    varying = [column for column in columns if len(set(column)) > 1]
    return sorted(varying[0]) if len(varying) == 1 else (None if varying or not columns else columns[0])


def _some(names: Sequence[str]) -> list[str]:
    step = max(1, math.ceil(len(names) / _LOOKED_AT))
    return [*names[::step], names[-1]]


def _size(path: Path) -> tuple[int, int] | None:
    """Opening a pipe or a device may never end."""
    return stored_size(path) if path.is_file() else None
