"""Standard error of a mean over pairs of a source and a driving person, who may be the same person in several pairs.

`m(-k)` is the mean without the pairs in which person k is source or driver. The variance among these means,
`V = (K - 1) / K sum (m(-k) - average)^2`, sees the effects of both roles and the covariance between them
(delete-one-node jackknife), but it counts the part of a pair that is nobody's about twice and, where everybody is in
few pairs, everything 1.5 to 2 times. How much too large it is follows from the pairs under a model:

    cov(y_p, y_q) = s [same source] + d [same driver] + x ([source of p drives q] + [source of q drives p])
                    + e [same couple]

1. The four components are estimated from the sums of squares `r' M_l r` of the residuals and their expectations
   (MINQUE with all prior weight on independent pairs), by non-negative least squares over the cone of possible
   components: x is a covariance, so s, d, x lie on `(cos^2 f, sin^2 f, cos f sin f)` for some angles f.
2. For components v, `kappa = true variance / expected V` and Satterthwaite's degrees of freedom of V follow.
3. Both are taken at the estimate and at a floor of two independent roles as large as the pair's own part, and the
   larger kappa and the smaller degrees of freedom count. With few people the estimate alone is mostly noise.

The interval is `m +- t(df) sqrt(kappa V)`.

Source: Snijders and Borgatti, Connections 1999, and Efron and Stein, Annals of Statistics 1981 (the jackknife); Warner,
Kenny and Stoto, JPSP 1979, and Aronow, Samii and Assenova, Political Analysis 2015 (the model); Rao, Journal of
Multivariate Analysis 1971 (MINQUE); Satterthwaite, Biometrics 1946, and Kenward and Roger, Biometrics 1997.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from evalkit.statistics.groups import total
from evalkit.types import Values

FLOOR = (1.0, 1.0, 0.0, 1.0)
"""Components (source, driving, both, couple) that the estimate is never believed to lie below in effect."""
_ANGLES = np.arange(12) * np.pi / 12
_CONE = np.concatenate(
    [
        np.stack([np.cos(_ANGLES) ** 2, np.sin(_ANGLES) ** 2, np.cos(_ANGLES) * np.sin(_ANGLES), 0 * _ANGLES], axis=1),
        [[0.0, 0.0, 0.0, 1.0]],
    ]
)


@dataclass(frozen=True)
class TwoRoles:
    """P pairs of K people, K at least 3; nobody is in every pair.

    Attributes:
        sources, drivings: (P,) int64, who is in each pair; the same number is the same person in both roles.
        couples: (P,) int64, which source and driver together.
        shares: (P,) float64, the weight of each pair; they sum to 1.
        true: (4,) variance of the mean per component.
        seen: (4,) expectation of V per component.
        spread_of_seen: (4, 4), `v' spread_of_seen v` is half the variance of V.
        squares: (4, 4) expectations of the sums of squares, per sum and component.
    """

    sources: NDArray[np.int64]
    drivings: NDArray[np.int64]
    couples: NDArray[np.int64]
    shares: Values
    true: Values
    seen: Values
    spread_of_seen: Values
    squares: Values

    def spread(self, values: Values) -> tuple[Values, Values]:
        """Variances of the mean (N,) and degrees of freedom (N,) of N sets of `values` (N, P)."""
        residuals = values - (values @ self.shares)[:, None]
        kappa, df = self.calibration(self.components(residuals))
        return kappa * self.jackknife(residuals), df

    def jackknife(self, residuals: Values) -> Values:
        """(N,) variance among the means without one person, of `residuals` (N, P) from the mean."""
        count = self.people
        weighted = residuals * self.shares
        own = self.sources == self.drivings
        of_person = total(weighted, self.sources, count) + total(weighted * ~own, self.drivings, count)
        without = -of_person / (1 - _weight(self.sources, self.drivings, self.shares, count))
        return np.asarray((count - 1) * without.var(axis=1))

    def components(self, residuals: Values) -> Values:
        """(N, 4) estimated components of `residuals` (N, P); zeros where all residuals are."""
        by_source = total(residuals, self.sources, self.people)
        by_driver = total(residuals, self.drivings, self.people)
        by_couple = total(residuals, self.couples, int(self.couples.max()) + 1)
        found = np.stack(
            [
                (by_source**2).sum(axis=1),
                (by_driver**2).sum(axis=1),
                2 * (by_source * by_driver).sum(axis=1),
                (by_couple**2).sum(axis=1),
            ],
            axis=1,
        )
        size = np.maximum(found.max(axis=1), np.finfo(float).tiny)
        rays = self.squares @ _CONE.T
        return np.stack([nnls(rays, row)[0] for row in found / size[:, None]]) @ _CONE * size[:, None]

    def calibration(self, components: Values) -> tuple[Values, Values]:
        """The factor on V (N,) and the degrees of freedom (N,) for `components` (N, 4), never below the floor's."""
        kappa, df = self._moments(np.array([FLOOR]))
        known = components.any(axis=1)
        own, own_df = self._moments(np.where(known[:, None], components, FLOOR))
        return np.maximum(own, kappa), np.minimum(own_df, df)

    def expected(self, components: tuple[float, float, float, float]) -> tuple[float, float]:
        """Expectation of the variance that `spread` would find, and its degrees of freedom, for known `components`."""
        kappa, df = self.calibration(np.array([components]))
        return float(kappa[0] * (self.seen @ components)), float(df[0])

    @property
    def people(self) -> int:
        """How many different people there are."""
        return int(max(self.sources.max(), self.drivings.max())) + 1

    def _moments(self, components: Values) -> tuple[Values, Values]:
        seen = components @ self.seen
        noise = np.einsum("nl,lm,nm->n", components, self.spread_of_seen, components)
        return components @ self.true / seen, seen**2 / noise


def two_roles(sources: NDArray[np.int64], drivings: NDArray[np.int64], shares: Values) -> TwoRoles:
    """What depends on the pairs alone; see `TwoRoles`."""
    count = int(max(sources.max(), drivings.max())) + 1
    pairs, couples = np.unique(sources * count + drivings, return_inverse=True)
    couples = couples.reshape(-1).astype(np.int64)
    table = _Couples(
        source=pairs // count,
        driver=pairs % count,
        weight=np.bincount(couples, shares),
        pairs=np.bincount(couples).astype(float),
        people=count,
    )
    seen, noise = _of_jackknife(table)
    return TwoRoles(sources, drivings, couples, shares, _of_mean(table), seen, noise, _of_squares(table))


@dataclass(frozen=True)
class _Couples:
    """Source and driver of each couple, its weight, and its number of pairs."""

    source: NDArray[np.int64]
    driver: NDArray[np.int64]
    weight: Values
    pairs: Values
    people: int

    def by_source(self, values: Values) -> Values:
        return np.bincount(self.source, values, self.people)

    def by_driver(self, values: Values) -> Values:
        return np.bincount(self.driver, values, self.people)

    def grid(self, values: Values) -> Values:
        """(K, K), sources by drivers."""
        found = np.zeros((self.people, self.people))
        found[self.source, self.driver] = values
        return found


def _weight(sources: NDArray[np.int64], drivings: NDArray[np.int64], shares: Values, count: int) -> Values:
    """(K,) weight of the pairs each person is in."""
    return np.bincount(sources, shares, count) + np.bincount(drivings, shares * (sources != drivings), count)


def _of_mean(table: _Couples) -> Values:
    """(4,) `w' M_l w`."""
    source, driver = table.by_source(table.weight), table.by_driver(table.weight)
    return np.array([source @ source, driver @ driver, 2 * source @ driver, table.weight @ table.weight])


def _of_jackknife(table: _Couples) -> tuple[Values, Values]:
    """`tr(A M_l)` and `tr(A M_l A M_m)`, where V is `y' A y` and A is `C' C` of the centred means without one person.

    `H_l = C M_l C'` is (K, K): the covariance of these means per component.
    """
    grid = table.grid(table.weight)
    on = 1 / (1 - _weight(table.source, table.driver, table.weight, table.people))
    size = np.sqrt((table.people - 1) / table.people)

    def centred(means: Values) -> Values:
        """(K, ...) less the average over people."""
        return np.asarray(size * (means - means.mean(axis=0)))

    # Row k, column j: what an effect of j, as source or as driver, does to the mean without k.
    source = centred(on[:, None] * (grid.sum(axis=1) - grid.T) * (1 - np.eye(table.people)))
    driver = centred(on[:, None] * (grid.sum(axis=0) - grid) * (1 - np.eye(table.people)))
    both = source @ driver.T
    # Couples: those of neither k nor l are in both means.
    squares = table.grid(table.weight**2)
    shared = squares + squares.T
    np.fill_diagonal(shared, _weight(table.source, table.driver, table.weight**2, table.people))
    lost = shared.diagonal()
    couple = np.outer(on, on) * (squares.sum() - lost[:, None] - lost + shared)
    forms = [source @ source.T, driver @ driver.T, both + both.T, centred(centred(couple).T)]
    noise = np.array([[float((one * other).sum()) for other in forms] for one in forms])
    return np.array([float(np.trace(form)) for form in forms]), noise


def _of_squares(table: _Couples) -> Values:
    """(4, 4) expectations `tr(L' M_l L M_m)` of the sum of squares l per component m, where L takes the mean away."""
    n, w = table.pairs, table.weight
    grid = table.grid(n)
    n_source, n_driver, w_source, w_driver = (
        f(x) for x in (n, w) for f in (table.by_source, table.by_driver)
    )
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
