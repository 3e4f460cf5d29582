"""Every method against every other over the clips that both have: paired differences of one metric.

The difference of two methods is taken clip by clip, so what a clip does to both cancels; its mean, standard error and
degrees of freedom are those of `evalkit.statistics.estimate`, where clips that share a person are not independent.
p-values are two-sided and corrected over all couples of methods by Holm's steps, so that the chance to call any two
methods apart that are not is at most the level (Scandinavian Journal of Statistics 1979).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from evalkit.statistics.estimate import Estimate, design
from evalkit.statistics.holm import holm
from evalkit.types import Values

APART = 0.05
"""Two methods are called apart when the corrected p-value is at most this."""


@dataclass(frozen=True)
class Couple:
    """Two methods in one metric.

    Attributes:
        difference: mean of the first method's values minus the second's, over the clips that both have; its `word`
            says why there is no standard error.
        clips: how many both have.
        p: two-sided and corrected over the couples of the metric; None without a standard error.
    """

    difference: Estimate
    clips: int
    p: float | None

    @property
    def apart(self) -> bool:
        """Whether the methods are called apart."""
        return self.p is not None and self.p <= APART


def couples(
    clips: Values, weights: Values, sources: Sequence[str], drivings: Sequence[str]
) -> dict[tuple[int, int], Couple]:
    """All couples (i, j) with i < j of M methods; those without a clip in common are left out.

    Args:
        clips: (M, P) clip means, NaN where a method has none.
        weights: (M, P) how much each counts; a difference counts by the mean of both.
        sources, drivings: identities of the P pairs.
    """
    found = _differences(clips, weights, sources, drivings)
    tested = [key for key, (one, _) in found.items() if one.error is not None]
    corrected = holm(np.array([_two_sided(found[key][0]) for key in tested]))
    p = {key: float(value) for key, value in zip(tested, corrected, strict=True)}
    return {key: Couple(difference, n, p.get(key)) for key, (difference, n) in found.items()}


def _differences(
    clips: Values, weights: Values, sources: Sequence[str], drivings: Sequence[str]
) -> dict[tuple[int, int], tuple[Estimate, int]]:
    """Differences with their number of clips; what depends on the pairs alone is found once for all that share it."""
    groups: dict[bytes, list[tuple[int, int]]] = {}
    there = np.isfinite(clips) & (weights > 0)
    for one, other in combinations(range(len(clips)), 2):
        shared = np.where(there[one] & there[other], weights[one] + weights[other], 0.0)
        if shared.any():
            groups.setdefault((shared / shared.sum()).tobytes(), []).append((one, other))
    found: dict[tuple[int, int], tuple[Estimate, int]] = {}
    for shares, members in groups.items():
        whole = np.frombuffer(shares)
        used = np.flatnonzero(whole).tolist()
        ones, others = (clips[[member[side] for member in members]][:, used] for side in (0, 1))
        people = [sources[i] for i in used], [drivings[i] for i in used]
        estimates = _estimates(ones - others, whole[used], *people)
        found |= {member: (estimate, len(used)) for member, estimate in zip(members, estimates, strict=True)}
    return dict(sorted(found.items()))


def _estimates(values: Values, shares: Values, sources: Sequence[str], drivings: Sequence[str]) -> list[Estimate]:
    """The mean of each row of `values` (N, P). Where nothing differs at all it is known whoever the people are."""
    people = len({*sources, *drivings})
    apart = values - values[:, :1]
    means = values[:, 0] + apart @ shares
    same = [Estimate(0.0, 0.0, 1.0, people) for _ in means]
    planned = design(shares, sources, drivings)
    if isinstance(planned, str):
        known = [Estimate(float(mean), None, None, people, planned) for mean in means]
    else:
        variances, dfs = planned.spread(apart)
        known = [
            Estimate(float(mean), math.sqrt(float(variance)), float(df), people)
            for mean, variance, df in zip(means, variances, dfs, strict=True)
        ]
    return [one if row.any() else equal for row, one, equal in zip(values, known, same, strict=True)]


def _two_sided(difference: Estimate) -> float:
    above, below = difference.p_above(), difference.p_below()
    assert above is not None and below is not None
    return min(1.0, 2 * min(above, below))
