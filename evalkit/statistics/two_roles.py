"""Standard error of a mean over pairs of a source and a driving person, who may be the same person in several pairs.

With `h_k` the weight of the pairs in which person k is source or driver and `S_k` their weighted residuals, summed, the
spread of the mean is seen by `V = sum S_k^2 / (1 - h_k)`: `S_k / (1 - h_k)` is how far the mean moves when person k
leaves in both roles (the delete-one-person jackknife), and the divisor is taken once instead of twice so that a
person with many pairs does not count too much, as in CR2. V sees the effects of both roles and the covariance between
them, but it counts the part of a pair that is nobody's about twice and, where everybody is in few pairs, everything up
to twice. How far the mean gets from its expectation in units of sqrt(V) follows from the pairs under a model:

    cov(y_p, y_q) = s [same source] + d [same driver] + x ([source of p drives q] + [source of q drives p])
                    + e [same couple]

1. The four components are estimated from the sums of squares `r' M_l r` of the residuals and their expectations
   (MINQUE with all prior weight on independent pairs), by non-negative least squares over the cone of possible
   components: x is a covariance, so s, d, x lie on `(cos^2 f, sin^2 f, cos f sin f)` for some angles f.
2. For components v and normal values the quantiles of `mean^2 / V` are exact (`evalkit.statistics.ratio`).
3. They are taken at the estimate and at a floor, two roles as large as the pair's own part that go together a little,
   and the larger counts, a fifth of the way to the worst case: one effect in both roles and nothing of the pair's own.
   With few people the estimate alone is mostly noise.
4. A t is fitted to them, so that there is a standard error with degrees of freedom.

Source: Snijders and Borgatti, Connections 1999, and Efron and Stein, Annals of Statistics 1981 (the jackknife); Warner,
Kenny and Stoto, JPSP 1979, and Aronow, Samii and Assenova, Political Analysis 2015 (the model); Rao, Journal of
Multivariate Analysis 1971 (MINQUE). Divisor, floor and caution were chosen by simulation (docs/statistics.md).
"""

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are imported when they are used
from numpy.typing import NDArray

from evalkit.statistics.groups import summed, total
from evalkit.statistics.ratio import LEVELS, fitted, ratios
from evalkit.types import Values

FLOOR, WORST = (1.0, 1.0, 0.25, 1.0), (1.0, 1.0, 1.0, 0.0)
"""Components (source, driving, both, couple) whose quantiles are never fallen short of, and the worst case."""
CAUTION = 0.2
"""How far quantiles are moved towards the worst case."""
_ANGLES = np.arange(12) * np.pi / 12
_CONE = np.concatenate(
    [
        np.stack([np.cos(_ANGLES) ** 2, np.sin(_ANGLES) ** 2, np.cos(_ANGLES) * np.sin(_ANGLES), 0 * _ANGLES], axis=1),
        [[0.0, 0.0, 0.0, 1.0]],
    ]
)
_AT_ONCE = 200_000
"""Numbers in a block of covariance matrices."""


@dataclass(frozen=True)
class TwoRoles:
    """P pairs of K people, K at least 3; nobody is in every pair.

    Attributes:
        sources, drivings: (P,) int64, who is in each pair; the same number is the same person in both roles.
        couples: (P,) int64, which source and driver together.
        shares: (P,) float64, the weight of each pair; they sum to 1.
        variances: (4,) of the mean, per component.
        forms: (4, K, K) covariances of the K terms `S_k / sqrt(1 - h_k)` of V.
        covariances: (4, K) of these terms with the mean.
        squares: (4, 4) expectations of the sums of squares, per sum and component.
        floor, worst: (2,) quantiles of `|mean| / sqrt(V)` there, for both levels of `evalkit.statistics.ratio`.
    """

    sources: NDArray[np.int64]
    drivings: NDArray[np.int64]
    couples: NDArray[np.int64]
    shares: Values
    variances: Values
    forms: Values
    covariances: Values
    squares: Values
    floor: Values
    worst: Values

    def spread(self, values: Values) -> tuple[Values, Values]:
        """Squared standard errors of the mean (N,) and degrees of freedom (N,) of N sets of `values` (N, P)."""
        residuals = values - (values @ self.shares)[:, None]
        factor, df = self.calibration(self.components(residuals))
        return factor**2 * self.seen(residuals), df

    def seen(self, residuals: Values) -> Values:
        """(N,) V of `residuals` (N, P) from the mean."""
        weighted = residuals * self.shares
        own = self.sources == self.drivings
        sums = total(weighted, self.sources, self.people) + total(weighted * ~own, self.drivings, self.people)
        return np.asarray(sums**2 @ (1 / (1 - _weight(self.sources, self.drivings, self.shares, self.people))))

    def components(self, residuals: Values) -> Values:
        """(N, 4) estimated components of `residuals` (N, P), up to a factor; zeros where all residuals are."""
        by_source = total(residuals, self.sources, self.people)
        by_driver = total(residuals, self.drivings, self.people)
        by_couple = total(residuals, self.couples, int(self.couples.max()) + 1)
        found = [(by_source**2).sum(axis=1), (by_driver**2).sum(axis=1), 2 * (by_source * by_driver).sum(axis=1)]
        sums = np.stack([*found, (by_couple**2).sum(axis=1)], axis=1)
        sums /= np.maximum(sums.max(axis=1, keepdims=True), np.finfo(float).tiny)
        rays = self.squares @ _CONE.T
        return np.asarray(np.stack([scipy.optimize.nnls(rays, row)[0] for row in sums]) @ _CONE)

    def calibration(self, components: Values) -> tuple[Values, Values]:
        """The factor on sqrt(V) (N,) and the degrees of freedom (N,) for `components` (N, 4), not below the floor's."""
        step = max(_AT_ONCE // self.people**2, 1)
        blocks = [components[start : start + step] for start in range(0, len(components), step)]
        found = np.concatenate([_quantiles(self.forms, self.covariances, self.variances, block) for block in blocks])
        found = np.maximum(found, self.floor)
        return fitted(found + CAUTION * np.maximum(self.worst - found, 0.0))

    def expected(self, components: tuple[float, float, float, float]) -> tuple[float, float]:
        """Expectation of the squared standard error for known `components`, and its degrees of freedom."""
        factor, df = self.calibration(np.array([components]))
        return float(factor[0] ** 2 * (np.trace(self.forms, axis1=1, axis2=2) @ components)), float(df[0])

    @property
    def people(self) -> int:
        """How many different people there are."""
        return int(self.forms.shape[1])


def two_roles(sources: NDArray[np.int64], drivings: NDArray[np.int64], shares: Values) -> TwoRoles:
    """What depends on the pairs alone; see `TwoRoles`."""
    count = int(max(sources.max(), drivings.max())) + 1
    pairs, couples = np.unique(sources * count + drivings, return_inverse=True)
    couples = couples.reshape(-1).astype(np.int64)
    table = _Couples(
        source=pairs // count,
        driver=pairs % count,
        weight=summed(shares, couples, len(pairs)),
        pairs=summed(np.ones(len(shares)), couples, len(pairs)),
        people=count,
    )
    variances = _of_mean(table)
    forms, covariances = _of_terms(table)
    floor, worst = _quantiles(forms, covariances, variances, np.array([FLOOR, WORST]))
    squares = _of_squares(table)
    return TwoRoles(sources, drivings, couples, shares, variances, forms, covariances, squares, floor, worst)


@dataclass(frozen=True)
class _Couples:
    """Source and driver of each couple, its weight, and its number of pairs."""

    source: NDArray[np.int64]
    driver: NDArray[np.int64]
    weight: Values
    pairs: Values
    people: int

    def by_source(self, values: Values) -> Values:
        return summed(values, self.source, self.people)

    def by_driver(self, values: Values) -> Values:
        return summed(values, self.driver, self.people)

    def grid(self, values: Values) -> Values:
        """(K, K), sources by drivers."""
        found = np.zeros((self.people, self.people))
        found[self.source, self.driver] = values
        return found


def _weight(sources: NDArray[np.int64], drivings: NDArray[np.int64], shares: Values, count: int) -> Values:
    """(K,) weight of the pairs each person is in."""
    return summed(shares, sources, count) + summed(shares * (sources != drivings), drivings, count)


def _quantiles(forms: Values, covariances: Values, variances: Values, components: Values) -> Values:
    """(N, 2) quantiles of `|mean| / sqrt(V)` for `components` (N, 4); 0 where the mean cannot vary under them."""
    variance = components @ variances
    varies = variance > 1e-9 * np.abs(components) @ np.abs(variances)
    found = np.zeros((len(components), len(LEVELS)))
    if varies.any():
        v = components[varies]
        of = ratios(np.tensordot(v, forms, 1), v @ covariances, variance[varies])
        found[varies] = np.sqrt(np.stack([of.critical(level) for level in LEVELS], axis=1))
    return found


def _of_mean(table: _Couples) -> Values:
    """(4,) `w' M_l w`."""
    source, driver = table.by_source(table.weight), table.by_driver(table.weight)
    return np.array([source @ source, driver @ driver, 2 * source @ driver, table.weight @ table.weight])


def _of_terms(table: _Couples) -> tuple[Values, Values]:
    """(4, K, K) covariances of the terms `S_k / sqrt(1 - h_k)`, and (4, K) with the mean, per component."""
    grid = table.grid(table.weight)
    weight = _weight(table.source, table.driver, table.weight, table.people)
    on, w_source, w_driver = 1 / np.sqrt(1 - weight), grid.sum(axis=1), grid.sum(axis=0)
    every = 1 - np.eye(table.people)
    # Row k, column j: what an effect of j, as source or as driver, does to term k; all pairs of j are k's where j is k.
    source = on[:, None] * (grid.T * every + np.diag(w_source) - np.outer(weight, w_source))
    driver = on[:, None] * (grid * every + np.diag(w_driver) - np.outer(weight, w_driver))
    both = source @ driver.T
    # Couples: `common` are those that have both k and l.
    squares = table.grid(table.weight**2)
    common = squares + squares.T
    np.fill_diagonal(common, _weight(table.source, table.driver, table.weight**2, table.people))
    own, all_of_them = common.diagonal(), float(squares.sum())
    couple = common - np.outer(own, weight) - np.outer(weight, own) + all_of_them * np.outer(weight, weight)
    with_mean = [source @ w_source, driver @ w_driver, source @ w_driver + driver @ w_source]
    with_mean.append(on * (own - weight * all_of_them))
    forms = [source @ source.T, driver @ driver.T, both + both.T, np.outer(on, on) * couple]
    return np.stack(forms), np.stack(with_mean)


def _of_squares(table: _Couples) -> Values:
    """(4, 4) expectations `tr(L' M_l L M_m)` of the sum of squares l per component m, where L takes the mean away."""
    n, w = table.pairs, table.weight
    grid = table.grid(n)
    n_source, n_driver, w_source, w_driver = (f(x) for x in (n, w) for f in (table.by_source, table.by_driver))
    same = table.source == table.driver
    # Sums of residuals by source or driver (rows) under an effect of a source or driver (columns).
    ss, sd = np.diag(n_source) - np.outer(n_source, w_source), grid - np.outer(n_source, w_driver)
    ds, dd = grid.T - np.outer(n_driver, w_source), np.diag(n_driver) - np.outer(n_driver, w_driver)
    n_squares, w_squares = float(n @ n), float(w @ w)

    def by_couple(of: NDArray[np.int64], n_of: Values) -> float:
        return n_squares - 2 * float((n * n_of[of]) @ w) + float(n_of @ n_of) * w_squares

    def of_couple(of: NDArray[np.int64], w_of: Values) -> float:
        return n_squares - 2 * float(n**2 @ w_of[of]) + n_squares * float(w_of @ w_of)

    x_by_couple = float(n**2 @ same) - float((n * w) @ (n_source[table.driver] + n_driver[table.source]))
    x_by_couple += float(n_source @ n_driver) * w_squares
    x_of_couple = float(n**2 @ (same - w_driver[table.source] - w_source[table.driver]))
    x_of_couple += n_squares * float(w_source @ w_driver)
    couple = n_squares - 2 * float(n**2 @ w) + n_squares * w_squares
    return np.array(
        [
            [(ss**2).sum(), (sd**2).sum(), 2 * (ss * sd).sum(), by_couple(table.source, n_source)],
            [(ds**2).sum(), (dd**2).sum(), 2 * (ds * dd).sum(), by_couple(table.driver, n_driver)],
            [2 * (ss * ds).sum(), 2 * (sd * dd).sum(), 2 * ((sd * ds).sum() + (ss * dd).sum()), 2 * x_by_couple],
            [of_couple(table.source, w_source), of_couple(table.driver, w_driver), 2 * x_of_couple, couple],
        ]
    )
