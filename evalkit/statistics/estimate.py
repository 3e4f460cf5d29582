"""The mean over pairs whose people repeat: its standard error, degrees of freedom, interval and one-sided tests.

Pairs that share a person are not independent. Where source and driving are always one person (self-reenactment) see
`evalkit.statistics.one_role`, else `evalkit.statistics.two_roles`. There are no random numbers. Measured coverage by
design, number of people and law of the values: docs/statistics.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from evalkit.statistics.groups import numbered, summed
from evalkit.statistics.one_role import OneRole, one_role, variance_if
from evalkit.statistics.two_roles import TwoRoles, two_roles
from evalkit.types import Values

LEVEL = 0.95
SIGNATURE, SET_SIGNATURE = (f"t-{how}-by-identity-{LEVEL:.0%}" for how in ("cluster-robust", "leave-out"))
"""How the interval of a mean, and of a number for a whole set, is made."""

_WHOLE = 1 - 1e-9
"""A share of the weight that is all of it, up to rounding."""


@dataclass(frozen=True)
class Estimate:
    """A mean over pairs.

    Attributes:
        mean: weighted mean, in the unit of the values.
        error: standard error; None when `word` says why there is none.
        df: degrees of freedom of Student's t, not a whole number in general; None without `error`.
        people: how many different people there are, in either role.
        word: empty, or why there is no standard error: "1 person", "2 people", "every pair has NAME"; see `design`.
    """

    mean: float
    error: float | None
    df: float | None
    people: int
    word: str = ""

    def interval(self, level: float = LEVEL) -> tuple[float, float] | None:
        """Two-sided interval of the mean; None where there is no standard error."""
        half = self._half((1 - level) / 2)
        return None if half is None else (self.mean - half, self.mean + half)

    def log_interval(self, level: float = LEVEL) -> tuple[float, float] | None:
        """The interval on the log of the mean, for values that are all above 0: `mean * exp(+- half / mean)`.

        Raises `ValueError` for a mean that is not above 0.
        """
        if self.mean <= 0:
            raise ValueError(f"expected a mean above 0 for an interval on its log, got {self.mean}")
        half = self._half((1 - level) / 2)
        return None if half is None else (self.mean * _exp(-half / self.mean), self.mean * _exp(half / self.mean))

    def interval_of(self, values: Values, distance: bool) -> tuple[float, float] | None:
        """The interval to print for the mean of `values`: on its log for a distance that is above 0 everywhere."""
        return self.log_interval() if distance and bool((values > 0).all()) else self.interval()

    def lower(self, alpha: float) -> float | None:
        """The bound that the true mean lies below with a chance of `alpha` (one-sided)."""
        half = self._half(alpha)
        return None if half is None else self.mean - half

    def upper(self, alpha: float) -> float | None:
        """The bound that the true mean lies above with a chance of `alpha` (one-sided)."""
        half = self._half(alpha)
        return None if half is None else self.mean + half

    def p_above(self, value: float = 0.0) -> float | None:
        """One-sided p-value of "the true mean is at most `value`": small when it is above."""
        return self._tail(self.mean - value)

    def p_below(self, value: float = 0.0) -> float | None:
        """One-sided p-value of "the true mean is at least `value`": small when it is below."""
        return self._tail(value - self.mean)

    def _half(self, tail: float) -> float | None:
        return None if self.error is None else float(-stdtrit(self.df, tail)) * self.error

    def _tail(self, beyond: float) -> float | None:
        if self.error is None:
            return None
        if self.error == 0:
            return 0.0 if beyond > 0 else 1.0
        return float(stdtr(self.df, -beyond / self.error))


Design = OneRole | TwoRoles
"""What is computed from the pairs alone, once for all values: `spread` gives variances of the mean and their df."""


def estimate(values: Values, weights: Values, sources: Sequence[str], drivings: Sequence[str]) -> Estimate:
    """The weighted mean of `values` (P,) over pairs of the people `sources` and `drivings` (P names each).

    A name is the same person in both roles. Pairs without weight are passed over. Raises `ValueError` for lengths that
    differ, values that are not finite, weights that are negative, and when no pair has weight.
    """
    values, weights = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if not values.shape == weights.shape == (len(sources),) == (len(drivings),):
        sizes = f"{values.shape}, {weights.shape}, {len(sources)} and {len(drivings)}"
        raise ValueError(f"expected one value, weight, source and driving person per pair, got {sizes}")
    if not (np.isfinite(values).all() and np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError("expected finite values and weights, no weight below 0 and one above")
    values = values[weights > 0]
    shares, *names = _with_weight(weights, sources, drivings)
    # About the first value, so that values that are all the same have no spread at all, not that of rounding.
    apart = values - values[0]
    mean = float(values[0] + apart @ shares)
    people = len(set(names[0]) | set(names[1]))
    found = design(shares, *names)
    if isinstance(found, str):
        return Estimate(mean, None, None, people, found)
    variance, df = found.spread(apart[None])
    return Estimate(mean, math.sqrt(float(variance[0])), float(df[0]), people)


def design(shares: Values, sources: Sequence[str], drivings: Sequence[str]) -> Design | str:
    """What the pairs alone decide, for weights `shares` (P,) above 0 that sum to 1, or why nothing can be said.

    Nothing is said of one or two people, of two couples of people, of three people in fewer than four couples, and
    where one person is in every pair: there is too little spread to be seen.
    """
    names, (source, driving) = numbered(sources, drivings)
    if len(names) < 3:
        return "1 person" if len(names) == 1 else "2 people"
    one = bool((source == driving).all())
    if not one:
        weight = summed(shares, source, len(names)) + summed(shares * (source != driving), driving, len(names))
        if weight.max() > _WHOLE:
            return f"every pair has {names[int(weight.argmax())]}"
        couples = set(zip(source.tolist(), driving.tolist(), strict=True))
        if len({frozenset(couple) for couple in couples}) < 3:
            return "2 couples of people"
        if len(names) == 3 and len(couples) < 4:
            return "3 people in 3 pairs"
    return one_role(source, shares) if one else two_roles(source, driving, shares)


def planned(
    spread: float, weights: Values, sources: Sequence[str], drivings: Sequence[str], share: float = 0.2
) -> Estimate:
    """The standard error and degrees of freedom to expect of the mean of values that are yet to come; `mean` is 0.

    Args:
        spread: standard deviation of the value of a pair.
        weights, sources, drivings: as in `estimate`.
        share: variance of a person's effect in each role, as a share of the variance that is the pair's own.
    """
    shares, *names = _with_weight(np.asarray(weights, dtype=np.float64), sources, drivings)
    people = len(set(names[0]) | set(names[1]))
    found = design(shares, *names)
    if isinstance(found, str):
        return Estimate(0.0, None, None, people, found)
    if isinstance(found, OneRole):
        variance, df = found.factor**2 * variance_if(found, share, 1.0) / (1 + share), found.df
    else:
        variance, df = found.expected((share, share, 0.0, 1.0))
        variance /= 1 + 2 * share
    return Estimate(0.0, spread * math.sqrt(variance), df, people)


def _with_weight(
    weights: Values, sources: Sequence[str], drivings: Sequence[str]
) -> tuple[Values, list[str], list[str]]:
    """Shares (they sum to 1) and people of the pairs that have weight."""
    used = np.flatnonzero(weights).tolist()
    shares = weights[used] / weights[used].sum()
    return shares, [sources[i] for i in used], [drivings[i] for i in used]


def _exp(power: float) -> float:
    """Infinite where a float cannot hold it: an interval so wide has no upper end."""
    return math.exp(power) if power < 700 else math.inf
