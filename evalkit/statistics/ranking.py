"""Who is first, and how sure is it: Borda over metrics, with intervals of the rank.

**Borda.** For one metric a method gets a point per method it beats and half a point per tie, divided by the number of
other methods: 1 beats all, 0 none. Over metrics the mean is taken; variants of one metric (`akd[a]`, `akd[b]`) share
one vote. Methods are ranked by it; equal scores share a rank.

**Interval.** What the rank may be with other people, methods as they are: the means of all methods and metrics
are moved together, as far and as jointly as the spread of their people says (`evalkit.statistics.estimate`; Student's t
with its degrees of freedom), and the ranks are taken anew: the interval holds the middle 95 %. The moves are points of
Sobol's sequence, not random numbers. A metric without clip values (FID, FVD) keeps its order, so it adds no
uncertainty. Measured coverage: docs/statistics.md.

Source: de Borda, "Mémoire sur les élections au scrutin", 1781; Sobol, USSR Computational Mathematics 1967.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy  # its parts are imported when they are used
from numpy.typing import NDArray

from evalkit.statistics.estimate import LEVEL, design
from evalkit.statistics.groups import numbered, total
from evalkit.statistics.one_role import OneRole
from evalkit.types import Values

MOVES, DIRECTIONS = 2048, 63
"""Points of the sequence, and along how many directions (the widest ones) they move."""


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
    """Rank 1 is best; `low` and `high` bound it (None where there are too few people). `score` is the Borda score."""

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
    moved = _moved(metrics, sources, drivings)
    if moved is None:
        return [Standing(int(rank), None, None, float(score)) for rank, score in zip(ranks, points, strict=True)]
    drawn = _ranks(_borda([_signed(metric, values) for metric, values in zip(metrics, moved, strict=True)], votes))
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


def _moved(metrics: Sequence[MetricScores], sources: Sequence[str], drivings: Sequence[str]) -> list[Values] | None:
    """Per metric (R, M) values with other people, or (1, M) without clips; None where people are too few."""
    found = design(np.full(len(sources), 1 / len(sources)), sources, drivings) if len(sources) else ""
    names, (source, driver) = numbered(sources, drivings)
    terms = [_terms(metric, source, driver, len(names)) for metric in metrics]
    if isinstance(found, str) or any(term is not None and not np.isfinite(term).all() for term in terms):
        return None
    if isinstance(found, OneRole):
        factor, df = found.factor, found.df
    else:
        factor, df = (float(x[0]) for x in found.calibration(np.zeros((1, 4))))
    joint = np.hstack([term for term in terms if term is not None] or [np.zeros((len(names), 0))])
    moves = iter(np.hsplit(factor * _moves(joint, df), max(joint.shape[1] // len(metrics[0].values), 1)))
    return [
        metric.values[None] if term is None else metric.values + next(moves)
        for metric, term in zip(metrics, terms, strict=True)
    ]


def _terms(metric: MetricScores, source: NDArray[np.int64], driver: NDArray[np.int64], people: int) -> Values | None:
    """(K, M) what each person adds to the mean of each method, with square the person's part of its variance.

    Infinite where one person is in all clips of a method that have a value.
    """
    if metric.clips is None or metric.weights is None:
        return None
    weights = np.where(np.isfinite(metric.clips), metric.weights, 0.0)
    shares = weights / np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    clips = np.nan_to_num(metric.clips)
    residuals = shares * (clips - (shares * clips).sum(axis=1, keepdims=True))

    def of_people(values: Values) -> Values:
        return total(values, source, people) + total(values * (source != driver), driver, people)

    apart = 1 - of_people(shares)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(apart > 1e-9, of_people(residuals) / np.sqrt(apart), np.inf).T)


def _moves(terms: Values, df: float) -> Values:
    """(R, C) moves whose covariance is that of `terms` (K, C), with the tails of Student's t."""
    _, sizes, axes = np.linalg.svd(terms, full_matrices=False)
    sizes, axes = sizes[:DIRECTIONS], axes[:DIRECTIONS]
    points = scipy.stats.qmc.Sobol(len(sizes) + 1, scramble=False).random(MOVES)[1:]
    normal = scipy.stats.norm.ppf(points[:, 1:])
    return np.asarray(normal * sizes @ axes / np.sqrt(scipy.stats.chi2.ppf(points[:, :1], df) / df))
