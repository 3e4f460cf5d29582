"""Who is first, and how sure is it: Borda over metrics, with bootstrap intervals of the rank.

**Borda.** For one metric a method gets a point per method it beats and half a point per tie, divided by the number of
other methods: 1 beats all, 0 none. Over metrics the mean is taken; variants of one metric (`akd[a]`, `akd[b]`) share
one vote. Methods are ranked by it; equal scores share a rank.

**Interval.** The people of the protocol are redrawn as `evalkit.statistics.bootstrap` does, with the same draws for
every method, and the ranks are taken anew each time: the interval holds the middle 95 %. A metric without clip values
(FID, FVD) keeps its order in every draw, so it adds no uncertainty.

Source: de Borda, "Mémoire sur les élections au scrutin", 1781; Owen, Annals of Applied Statistics 2007 (the draws).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalkit.statistics.bootstrap import LEVEL, redraws
from evalkit.types import Values


@dataclass(frozen=True)
class MetricScores:
    """One metric of M methods.

    `values` (M,) are finite. `clips` (M, P) are the clip means behind them, NaN where a clip has none, and `weights`
    (M, P) how much each counts; both are None for a metric that has no clip values.
    """

    key: str
    better: Literal["higher", "lower"]
    values: Values
    clips: Values | None = None
    weights: Values | None = None


@dataclass(frozen=True)
class Standing:
    """Rank 1 is best; `low` and `high` bound it (None where nothing could be redrawn). `score` is the Borda score."""

    rank: int
    low: int | None
    high: int | None
    score: float


def standings(metrics: Sequence[MetricScores], sources: Sequence[str], drivings: Sequence[str]) -> list[Standing]:
    """The standing of every method over `metrics`, in their order.

    Args:
        metrics: at least one, all of the same M methods.
        sources, drivings: identities of the P pairs.

    Raises `ValueError` without a metric.
    """
    if not metrics:
        raise ValueError("expected at least one metric to rank by")
    votes = _votes([metric.key for metric in metrics])
    points = _borda([_signed(metric, metric.values[None]) for metric in metrics], votes)[0]
    ranks = _ranks(points[None])[0]
    counts = redraws(sources, drivings)
    if counts is None:
        return [Standing(int(rank), None, None, float(score)) for rank, score in zip(ranks, points, strict=True)]
    drawn = _ranks(_borda([_redrawn(metric, counts) for metric in metrics], votes))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0, method="nearest").astype(int)
    return [Standing(int(r), int(a), int(b), float(s)) for r, a, b, s in zip(ranks, low, high, points, strict=True)]


def _votes(keys: Sequence[str]) -> Values:
    """(K,): the vote of each metric; variants of one metric share one."""
    ids = [key.partition("[")[0] for key in keys]
    sizes = Counter(ids)
    return np.array([1 / sizes[name] for name in ids]) / len(sizes)


def _signed(metric: MetricScores, values: Values) -> Values:
    """Values where higher is better."""
    return values if metric.better == "higher" else -values


def _borda(metrics: Sequence[Values], votes: Values) -> Values:
    """(R, M) scores from K arrays (R or 1, M) of values where higher is better."""
    total: Values = np.zeros(1)
    for values, vote in zip(metrics, votes, strict=True):
        beaten = (values[:, :, None] > values[:, None, :]).sum(axis=2)
        tied = (values[:, :, None] == values[:, None, :]).sum(axis=2) - 1
        total = total + vote * (beaten + tied / 2) / max(values.shape[1] - 1, 1)
    return np.asarray(total.round(12))


def _ranks(scores: Values) -> NDArray[np.int64]:
    """(R, M): one more than the number of methods with a higher score."""
    return np.asarray((scores[:, None, :] > scores[:, :, None]).sum(axis=2) + 1)


def _redrawn(metric: MetricScores, counts: Values) -> Values:
    """(R, M): the metric over redrawn pairs; a draw without any clip of a method keeps that method's value."""
    if metric.clips is None or metric.weights is None:
        return _signed(metric, metric.values[None])
    weights = np.where(np.isfinite(metric.clips), metric.weights, 0.0)
    sums = counts @ (weights * np.nan_to_num(metric.clips)).T
    totals = counts @ weights.T
    means = np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), metric.values)
    return _signed(metric, means)
