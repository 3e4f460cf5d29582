"""Sign-flip permutation test of paired differences whose pairs share people.

When two checkpoints are equally good, the difference of a pair is as likely d as -d. Pairs of one person go together,
so signs are flipped by identity. Each flipped data set gives a mean divided by its cluster-robust standard error; the
share of flips that reach the observed ratio is the p-value. In cross-reenactment the variance counts both identities
(Cameron, Gelbach and Miller, "Robust inference with multiway clustering", JBES 2011: V_source + V_driving - V_couple);
signs are flipped by source and, again, by driving identity, and the larger p-value counts (after MacKinnon, Nielsen and
Webb, "Wild bootstrap and asymptotic inference with multiway clustering", JBES 2021).

Several metrics are flipped together, so that p-values can be corrected by Holm's steps with the joint distribution
of the smallest p-value instead of Bonferroni's bound (Westfall and Young, "Resampling-based multiple testing", 1993);
the result is never above plain Holm's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evalkit.types import Values

FLIPS = 4096
_CHUNK = 512


@dataclass(frozen=True)
class Differences:
    """Paired differences of one metric: `values` (P,), positive is worse, `weights` (P,), and who is in each pair.

    Equal `sources` and `drivings` mean one kind of cluster (self-reenactment).
    """

    values: Values
    weights: Values
    sources: tuple[str, ...]
    drivings: tuple[str, ...]

    @property
    def mean(self) -> float:
        """Weighted mean."""
        return float((self.values * self.weights).sum() / self.weights.sum())

    @property
    def sides(self) -> tuple[tuple[str, ...], ...]:
        """The kinds of clusters."""
        return (self.sources,) if self.sources == self.drivings else (self.sources, self.drivings)

    @property
    def clusters(self) -> int:
        """Independent identities: the smaller number of both sides."""
        return min(len(set(side)) for side in self.sides)

    def shifted(self, amount: float) -> "Differences":
        """The same with `amount` taken from every value."""
        return Differences(self.values - amount, self.weights, self.sources, self.drivings)

    def flipped(self) -> "Differences":
        """The same with all signs turned."""
        return Differences(-self.values, self.weights, self.sources, self.drivings)


@dataclass(frozen=True)
class Test:
    """p-values of "is worse": plain, corrected over the metrics, and the smallest that so few identities allow."""

    p: float
    corrected: float
    smallest: float


def standard_error(differences: Differences) -> float:
    """Cluster-robust standard error of the mean; NaN with fewer than two identities on a side."""
    if differences.clusters < 2:
        return float("nan")
    return float(np.sqrt(_Variance(differences)(differences.values[None])[0]))


def tests(several: Sequence[Differences], seed: int) -> list[Test]:
    """Test every metric of `several` for a positive mean, flipped together.

    All 2^K flips are tried while there are at most `FLIPS` of them, else that many random ones.
    """
    if not several:
        return []
    count = max(len(one.sides) for one in several)
    rounds = [_one_side(several, side, seed) for side in range(count)]
    return [
        Test(*(max(getattr(found[i], name) for found in rounds) for name in ("p", "corrected", "smallest")))
        for i in range(len(several))
    ]


def _one_side(several: Sequence[Differences], side: int, seed: int) -> list[Test]:
    """Flip by one kind of cluster."""
    names = [one.sides[min(side, len(one.sides) - 1)] for one in several]
    people = sorted({name for one in names for name in one})
    signs, exact = _signs(len(people), seed)
    ratios = np.stack([_ratios(one, signs, people, mine) for one, mine in zip(several, names, strict=True)])
    shares = np.stack([_upper_shares(row) for row in ratios])
    plain = shares[:, 0]
    corrected = _step_down(shares)
    least = [2.0 ** -len(set(mine)) if exact else max(1 / len(signs), 2.0 ** -len(set(mine))) for mine in names]
    return [Test(float(p), float(q), least[i]) for i, (p, q) in enumerate(zip(plain, corrected, strict=True))]


def _signs(people: int, seed: int) -> tuple[NDArray[np.int8], bool]:
    """(F, people) of -1 and 1, no flip at all first."""
    if people <= int(np.log2(FLIPS)):
        numbers = np.arange(2**people)[:, None]
        return np.where((numbers >> np.arange(people)) & 1, -1, 1).astype(np.int8), True
    signs = np.random.default_rng(seed).choice(np.array([-1, 1], np.int8), size=(FLIPS, people))
    signs[0] = 1
    return signs, False


def _ratios(
    one: Differences, signs: NDArray[np.int8], people: Sequence[str], names: Sequence[str]
) -> NDArray[np.float64]:
    """(F,) mean over standard error for each flip."""
    place = {person: i for i, person in enumerate(people)}
    columns = np.array([place[name] for name in names])
    variance, shares = _Variance(one), one.weights / one.weights.sum()
    found = []
    for start in range(0, len(signs), _CHUNK):
        values = signs[start : start + _CHUNK, columns] * one.values
        found.append((values @ shares) / np.sqrt(variance(values)))
    return np.concatenate(found)


def _upper_shares(ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each flip, the share of flips whose ratio is at least as large, equal up to rounding."""
    just_below = ratios - 1e-9 * np.abs(ratios)
    return (len(ratios) - np.searchsorted(np.sort(ratios), just_below, side="left")) / len(ratios)


def _step_down(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M,) corrected p-values from p-values (M, F) of every flip, the observed one first."""
    order = np.argsort(shares[:, 0], kind="stable")
    corrected = np.empty(len(order))
    running = 0.0
    for step, metric in enumerate(order):
        smallest = shares[order[step:]].min(axis=0)
        running = max(running, float((smallest <= shares[metric, 0] * (1 + 1e-12)).mean()))
        corrected[metric] = running
    return corrected


class _Variance:
    """Cluster-robust variance of weighted means of rows (F, P); never below what float rounding leaves."""

    def __init__(self, differences: Differences) -> None:
        self._shares = differences.weights / differences.weights.sum()
        self._sides = [_one_hot(side) for side in differences.sides]
        couples = [f"{s}\0{d}" for s, d in zip(differences.sources, differences.drivings, strict=True)]
        self._couples = _one_hot(couples) if len(self._sides) == 2 else None
        self._least = (1e-9 * float(np.abs(differences.values).max(initial=0.0)) + 1e-150) ** 2

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        residuals = (values - (values @ self._shares)[:, None]) * self._shares
        parts = [_summed(residuals, side) for side in self._sides]
        total = parts[0]
        if self._couples is not None:
            total = np.maximum.reduce([parts[0] + parts[1] - _summed(residuals, self._couples), *parts])
        return np.maximum(total, self._least)


def _one_hot(names: Sequence[str]) -> sparse.csr_array:
    codes = np.unique(np.asarray(names), return_inverse=True)[1]
    return sparse.csr_array((np.ones(len(codes)), (np.arange(len(codes)), codes)))


def _summed(residuals: NDArray[np.float64], one_hot: sparse.csr_array) -> NDArray[np.float64]:
    clusters = one_hot.shape[1]
    sums = np.asarray((one_hot.T @ residuals.T).T)
    return np.asarray((sums**2).sum(axis=1) * clusters / max(clusters - 1, 1))
