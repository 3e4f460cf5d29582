"""How well a metric orders outputs as the truth does: rank correlation and pairwise agreement, with intervals.

Both are taken within a pair of source and driving clip, over its outputs, so that nothing is compared across people.
Their mean over pairs has the interval of any mean over pairs whose people repeat (`evalkit.statistics.estimate`). A set
metric has one order for all pairs; it is taken again without each person (`evalkit.statistics.leave_out`).

Source: Kendall, "A New Measure of Rank Correlation", Biometrika 1938, in the form tau-b that allows ties. Agreement is
the share of couples with different true errors that the metric orders in the same way; a couple it ties counts half.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from evalkit.statistics.estimate import estimate
from evalkit.statistics.leave_out import leave_out
from evalkit.types import Values

_SAME = 1e-9
"""True errors this near to each other are one."""
TRUSTED = 0.75
"""Couples that a metric must order rightly, as a share, before it is trusted."""


@dataclass(frozen=True)
class Share:
    """A mean over pairs with its 95 % interval (None: no interval, for the reason `word`); NaN where there is none."""

    mean: float
    interval: tuple[float, float] | None
    pairs: int
    word: str = ""


@dataclass(frozen=True)
class Order:
    """How a metric orders the outputs of a pair against the truth.

    Attributes:
        tau: Kendall's tau-b, 1 for the same order, -1 for the opposite one.
        agreement: share of couples with different true errors in the same order; 0.5 is chance.
        flattered: share of faulty outputs that the metric calls better than the true answer.
    """

    tau: Share
    agreement: Share
    flattered: Share

    @property
    def verdict(self) -> str:
        """In a word: yes, partly, chance, no; "unknown" without an interval."""
        share = self.agreement
        if not np.isfinite(share.mean) or share.interval is None:
            return "unknown"
        low, high = share.interval
        if high < 0.5:
            return "no"
        if low <= 0.5:
            return "chance"
        return "yes" if share.mean >= TRUSTED else "partly"


def tau_b(worse: Values, error: Values) -> float:
    """Kendall's tau-b of (O,) values, higher is worse, and true errors; 0 for a metric that ties all outputs.

    NaN where the truth ties all of them, or fewer than two have both.
    """
    worse, error = _both(worse, error)
    if len(worse) < 2 or np.ptp(error) <= _SAME:
        return float("nan")
    if not np.ptp(worse):
        return 0.0
    return float(kendalltau(worse, np.round(error / _SAME)).statistic)


def agreement(worse: Values, error: Values) -> float:
    """Share of couples of different true errors that are in the same order; NaN without such a couple."""
    worse, error = _both(worse, error)
    one, other = np.triu_indices(len(worse), 1)
    apart = error[one] - error[other]
    told = np.sign(worse[one] - worse[other]) * np.sign(apart)
    counted = told[np.abs(apart) > _SAME]
    return float((counted + 1).mean() / 2) if len(counted) else float("nan")


def flattered(worse: Values, perfect: int = 0) -> float:
    """Share of outputs other than the one at `perfect` that are called better than it; NaN if it has no value."""
    others = np.delete(worse, perfect)
    others = others[np.isfinite(others)]
    there = np.isfinite(worse[perfect]) and len(others)
    return float((others < worse[perfect]).mean()) if there else float("nan")


def order(worse: Values, error: Values, sources: Sequence[str], drivings: Sequence[str]) -> Order:
    """The order of (O, P) values against true errors (O, P) over P pairs; the first output is the true answer."""

    def mean(measure: Callable[[int], float], low: float) -> Share:
        return share(np.array([measure(column) for column in range(worse.shape[1])]), sources, drivings, low)

    return Order(
        mean(lambda column: tau_b(worse[:, column], error[:, column]), -1.0),
        mean(lambda column: agreement(worse[:, column], error[:, column]), 0.0),
        mean(lambda column: flattered(worse[:, column]), 0.0),
    )


def order_of_sets(
    worse: Mapping[tuple[int, ...], Values], error: Values, sources: Sequence[str], drivings: Sequence[str]
) -> Order:
    """The order of a set metric, from its values (O,) over the pairs that are left when people leave."""

    def sure(measure: Callable[[Values, Values], float], low: float) -> Share:
        def value(kept: NDArray[np.bool_], _: NDArray[np.bool_]) -> float:
            pairs = tuple(np.flatnonzero(kept).tolist())
            return measure(worse[pairs], error[:, list(pairs)].mean(axis=1)) if pairs in worse else float("nan")

        found = leave_out(value, sources, drivings, sources).estimate
        return _share(found.mean, found.interval(), len(sources), found.word, low)

    return Order(sure(tau_b, -1.0), sure(agreement, 0.0), sure(lambda values, _: flattered(values), 0.0))


def methods_agreement(worse: Values, judged: Values, sources: Sequence[str], drivings: Sequence[str]) -> Share:
    """How often two of M methods are in the order of the judge, whose (M, P) values say how far from true they are."""
    found = np.array([agreement(worse[:, column], judged[:, column]) for column in range(worse.shape[1])])
    return share(found, sources, drivings, 0.0)


def share(values: Values, sources: Sequence[str], drivings: Sequence[str], low: float) -> Share:
    """The mean of (P,) values between `low` and 1 over the pairs that have one."""
    there = np.isfinite(values)
    if not there.any():
        return Share(float("nan"), None, 0, "no value")
    kept = np.flatnonzero(there).tolist()
    found = estimate(values[there], np.ones(len(kept)), [sources[i] for i in kept], [drivings[i] for i in kept])
    return _share(found.mean, found.interval(), len(kept), found.word, low)


def _share(mean: float, interval: tuple[float, float] | None, pairs: int, word: str, low: float) -> Share:
    inside = None if interval is None else (max(interval[0], low), min(interval[1], 1.0))
    return Share(mean, inside, pairs, word)


def _both(worse: Values, error: Values) -> tuple[Values, Values]:
    there = np.isfinite(worse) & np.isfinite(error)
    return worse[there], error[there]
