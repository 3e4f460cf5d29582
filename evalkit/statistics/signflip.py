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
    flips = _Flips(differences, side=0)
    return float(flips.moments(np.ones((1, len(flips.people)), np.int8))[1][0])


def tests(several: Sequence[Differences], seed: int) -> list[Test]:
    """Test every metric of `several` for a positive mean, flipped together.

    All 2^K flips are tried while there are at most `FLIPS` of them, else that many random ones.
    """
    return two_tests(several, seed)[0]


def two_tests(several: Sequence[Differences], seed: int) -> tuple[list[Test], list[Test]]:
    """As `tests`, for a positive and for a negative mean; the same flips serve both."""
    if not several:
        return [], []
    sides = range(max(len(one.sides) for one in several))
    rounds = [_flipped(several, side, seed) for side in sides]
    up, down = ([_one_side(sign * ratios, least) for ratios, least in rounds] for sign in (1, -1))
    return _larger(up), _larger(down)


def _larger(rounds: Sequence[Sequence[Test]]) -> list[Test]:
    """Of the tests by either kind of cluster, the larger p-values."""
    return [
        Test(*(max(getattr(test, name) for test in tests) for name in ("p", "corrected", "smallest")))
        for tests in zip(*rounds, strict=True)
    ]


def _flipped(several: Sequence[Differences], side: int, seed: int) -> tuple[NDArray[np.float64], list[float]]:
    """Flip by one kind of cluster: (M, F) mean over standard error, and the smallest p-value each metric allows."""
    flips = [_Flips(one, min(side, len(one.sides) - 1)) for one in several]
    people = sorted({name for one in flips for name in one.people})
    signs, exact = _signs(len(people), seed)
    place = {person: i for i, person in enumerate(people)}
    ratios = []
    for one in flips:
        mean, error = one.moments(signs[:, [place[person] for person in one.people]])
        ratios.append(mean / error)
    fewest = 0.0 if exact else 1 / len(signs)
    return np.stack(ratios), [max(fewest, 2.0 ** -len(one.people)) for one in flips]


def _one_side(ratios: NDArray[np.float64], least: Sequence[float]) -> list[Test]:
    shares = np.stack([_upper_shares(row) for row in ratios])
    return [
        Test(float(p), float(q), smallest)
        for p, q, smallest in zip(shares[:, 0], _step_down(shares), least, strict=True)
    ]


def _signs(people: int, seed: int) -> tuple[NDArray[np.int8], bool]:
    """(F, people) of -1 and 1, no flip at all first."""
    if people <= int(np.log2(FLIPS)):
        numbers = np.arange(2**people)[:, None]
        return np.where((numbers >> np.arange(people)) & 1, -1, 1).astype(np.int8), True
    signs = np.random.default_rng(seed).choice(np.array([-1, 1], np.int8), size=(FLIPS, people))
    signs[0] = 1
    return signs, False


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


class _Flips:
    """Mean and cluster-robust standard error of one metric under sign flips of the clusters of one side.

    `people` are those clusters. Pairs enter only by the sums of their weighted differences over couples of a flipped
    and another cluster.
    """

    def __init__(self, differences: Differences, side: int) -> None:
        shares = differences.weights / differences.weights.sum()
        sums = shares * differences.values
        names, of = np.unique(np.asarray(differences.sides[side]), return_inverse=True)
        self.people = [str(name) for name in names]
        self._sums, self._shares = _totals(of, sums), _totals(of, shares)
        self._couples: _Couples | None = None
        if len(differences.sides) == 2:
            self._couples = _Couples(of, np.asarray(differences.sides[1 - side]), sums, shares)
        self._least = (1e-9 * float(np.abs(differences.values).max(initial=0.0)) + 1e-150) ** 2

    def moments(self, signs: NDArray[np.int8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(F,) means and (F,) standard errors for `signs` (F, people); errors never below what rounding leaves."""
        parts = [self._moments(signs[start : start + _CHUNK]) for start in range(0, len(signs), _CHUNK)]
        means, variances = (np.concatenate(column) for column in zip(*parts, strict=True))
        return means, np.sqrt(np.maximum(variances, self._least))

    def _moments(self, signs: NDArray[np.int8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        flipped = signs * self._sums
        means = flipped.sum(axis=1)
        own = _squares(flipped, means, self._shares)
        if self._couples is None:
            return means, own
        other, couple = self._couples.variances(signs, means)
        return means, np.maximum.reduce([own + other - couple, own, other])


class _Couples:
    """Sums of weighted differences over couples of a flipped cluster and one of the other side."""

    def __init__(
        self, of: NDArray[np.intp], others: NDArray[np.str_], sums: NDArray[np.float64], shares: NDArray[np.float64]
    ) -> None:
        other_of = np.unique(others, return_inverse=True)[1]
        couples, of_couple = np.unique(np.stack([of, other_of]), axis=1, return_inverse=True)
        of_couple = of_couple.reshape(-1)
        self._flipped_by = couples[0]
        self._sums, self._shares = _totals(of_couple, sums), _totals(of_couple, shares)
        count = couples.shape[1]
        self._to_other = sparse.csr_array((np.ones(count), (couples[1], np.arange(count))))
        self._other_shares = np.asarray(self._to_other @ self._shares)

    def variances(
        self, signs: NDArray[np.int8], means: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(F,) variances clustered by the other side, and by couples."""
        flipped = signs[:, self._flipped_by] * self._sums
        by_other = np.asarray((self._to_other @ flipped.T).T)
        return _squares(by_other, means, self._other_shares), _squares(flipped, means, self._shares)


def _totals(of: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of `values` by the cluster `of` each belongs to."""
    return np.bincount(of, values).astype(np.float64)


def _squares(sums: NDArray[np.float64], means: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(F,) variance of the mean from sums (F, G) over clusters with these `shares` (G,) of the weight."""
    clusters = len(shares)
    return np.asarray(((sums - means[:, None] * shares) ** 2).sum(axis=1) * clusters / max(clusters - 1, 1))
