"""Who sees which two clips on which side, in which order. The same seed gives the same study on every machine.

A *unit* is one scene with two methods to compare. Raters get the units that were shown least so far, and of those the
scenes they have seen least, so exposures of any two units differ by one at most. A unit's sides are balanced over its
raters (they differ by one at most); where that leaves a choice, the rater's own sides are balanced. Choices that are
left free go to the smallest sha256 of seed and names. Attention checks, where one clip is ruined, are spread evenly
over a rater's trials, with alternating sides.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from evalkit.errors import StudyError

INTACT, RUINED = "intact", "ruined"
"""What stands for methods in an attention check."""


@dataclass(frozen=True)
class Unit:
    """One scene and the two methods compared on it; in an attention `check` these are `INTACT` and `RUINED`."""

    scene: str
    first: str
    second: str
    check: bool = False


@dataclass(frozen=True)
class Trial:
    """One question to one rater. `id` says nothing about what is shown."""

    id: str
    rater: int
    unit: Unit
    left: str
    right: str


def compare_all(methods: Sequence[str], ours: str | None) -> list[tuple[str, str]]:
    """Couples to compare: `ours` with every other method, or, without it, every couple once."""
    if ours is None:
        return list(combinations(methods, 2))
    return [(ours, other) for other in methods if other != ours]


def deal(units: Sequence[Unit], checks: Sequence[Unit], raters: int, per_rater: int, seed: int) -> list[list[Trial]]:
    """The trials of every rater in the order they are shown: `per_rater` units, and all `checks` among them.

    Raises `StudyError` when there are fewer units than a rater should get, or nobody to ask.
    """
    if not 1 <= per_rater <= len(units) or raters < 1:
        raise StudyError(
            f"A study needs at least one rater and 1 to {len(units)} trials for each (scenes times comparisons); "
            f"asked for {raters} raters with {per_rater} trials each."
        )
    shown: Counter[Unit] = Counter()
    lean: Counter[Unit] = Counter()
    dealt = []
    for rater in range(raters):
        mine = _choose(units, shown, per_rater, f"{seed}:{rater}")
        shown.update(mine)
        swapped = _sides(mine, lean, f"{seed}:{rater}")
        order = sorted(mine, key=lambda unit: rank(seed, "order", rater, *_names(unit)))
        placed = [(unit, swapped[unit]) for unit in order]
        for index, check in enumerate(checks):
            place = (index + 1) * len(order) // (len(checks) + 1) + index
            placed.insert(place, (check, (index + rater) % 2 == 1))
        dealt.append([_trial(rater, unit, swap, seed) for unit, swap in placed])
    return dealt


def rank(*parts: object) -> str:
    """A number in hexadecimal that looks random and is the same everywhere."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()


def opaque(kind: str, *parts: object) -> str:
    """A name for what `parts` say that does not give it away to those who do not know the seed among them."""
    return kind + rank(kind, *parts)[:16]


def _choose(units: Sequence[Unit], shown: Mapping[Unit, int], count: int, salt: str) -> list[Unit]:
    luck = {unit: rank(salt, "unit", *_names(unit)) for unit in units}
    seen: Counter[str] = Counter()
    left, chosen = set(units), list[Unit]()
    while len(chosen) < count:
        unit = min(left, key=lambda u: (shown.get(u, 0), seen[u.scene], luck[u]))
        left.remove(unit)
        chosen.append(unit)
        seen[unit.scene] += 1
    return chosen


def _sides(units: Sequence[Unit], lean: Counter[Unit], salt: str) -> dict[Unit, bool]:
    """Whether a unit's second method goes to the left. `lean` counts, over all raters, its first method there."""
    swapped: dict[Unit, bool] = {}
    mine = 0
    for unit in sorted(units, key=lambda u: (lean[u] == 0, rank(salt, "side", *_names(u)))):
        coin = int(rank(salt, "coin", *_names(unit))[0], 16) % 2 == 1
        swap = (lean[unit] or mine) > 0 if lean[unit] or mine else coin
        swapped[unit] = swap
        step = -1 if swap else 1
        lean[unit] += step
        mine += step
    return swapped


def _trial(rater: int, unit: Unit, swap: bool, seed: int) -> Trial:
    left, right = (unit.second, unit.first) if swap else (unit.first, unit.second)
    return Trial(opaque("t", seed, rater, *_names(unit)), rater, unit, left, right)


def _names(unit: Unit) -> tuple[bool, str, str, str]:
    return unit.check, unit.scene, unit.first, unit.second
