"""How small a loss a comparison can see, and how many clips a smaller one needs.

Normal theory with t quantiles for the number of identities: a true loss L is called with the chance `POWER` when it
lies that far above what both conditions of the gate ask, significance and tolerance. The correction over M tests is
taken at its worst, 1 - confidence divided by M. A metric with two views counts by the one that sees more; the view of
the typical clip sees a loss that every clip has as a share of its value.
"""

import math
from dataclasses import dataclass

from scipy import stats

from evalkit.gate.evidence import Evidence
from evalkit.statistics.signflip import Differences, standard_error

POWER = 0.8


@dataclass(frozen=True)
class Need:
    """Clips that a wanted sensitivity needs: None when no number is enough, because the tolerance hides the loss."""

    clips: int | None
    identities: int | None


def detectable_loss(e: Evidence, confidence: float, tests: int, power: float = POWER) -> float | None:
    """The smallest loss, in the metric's unit, that one of its views calls with the chance `power`."""
    seen = [(view, detectable(view.differences, confidence, tests, view.tolerance, power)) for view in e.views]
    size = abs(e.baseline or 0.0)
    return min((view.in_unit(loss, size) for view, loss in seen if loss is not None), default=None)


def needed_for(e: Evidence, confidence: float, tests: int, loss: float, power: float = POWER) -> Need:
    """Clips and identities with which one of the metric's views sees `loss`, in the metric's unit."""
    size = abs(e.baseline or 0.0)
    found = [
        needed(view.differences, confidence, tests, view.tolerance, view.of_loss(loss, size), power) for view in e.views
    ]
    return min(found, key=lambda need: math.inf if need.clips is None else need.clips)


def detectable(
    differences: Differences,
    confidence: float,
    tests: int,
    tolerance: float,
    power: float = POWER,
    share: float = 1.0,
) -> float | None:
    """The smallest true loss that is called with the chance `power`; None with fewer than two identities.

    With a `share` below 1, `differences` are that part of the pairs, and the answer is for all of them: the standard
    error is taken to fall with the square root of their number.
    """
    if differences.clusters < 2:
        return None
    error, degrees = standard_error(differences) * math.sqrt(share), differences.clusters - 1
    return _threshold(error, degrees, confidence, tests, tolerance, power)


def needed(
    differences: Differences, confidence: float, tests: int, tolerance: float, loss: float, power: float = POWER
) -> Need:
    """Clips and identities, in the proportion of `differences`, that see a true loss with the chance `power`.

    The standard error is taken to fall with the square root of the number of identities.
    """
    error, pairs, people = standard_error(differences), len(differences.values), differences.clusters
    if loss <= tolerance:
        return Need(None, None)
    least = 1 + math.ceil(math.log2(tests / (1 - confidence)))

    def enough(identities: int) -> bool:
        scaled = error * math.sqrt(people / identities)
        return _threshold(scaled, identities - 1, confidence, tests, tolerance, power) <= loss

    high = max(2, least)
    while not enough(high):
        high *= 2
        if high > 10**9:
            return Need(None, None)
    low = max(2, least)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return Need(math.ceil(low * pairs / people), low)


def _threshold(error: float, degrees: int, confidence: float, tests: int, tolerance: float, power: float) -> float:
    significant = float(stats.t.ppf(1 - (1 - confidence) / tests, degrees))
    chance = float(stats.t.ppf(power, degrees))
    return max((significant + chance) * error, tolerance + chance * error)
