"""Standard error of a mean over pairs in which one person has both roles: people are independent, their clips are not.

With `h_g` the weight of person g and `R_g` its weighted residuals, summed, the variance is
`c sum R_g^2 / (1 - h_g)` (CR2 for a mean: the divisor undoes what subtracting the mean takes from a residual). `c` is
1 for equal weights of pairs, else what makes the variance unbiased where pairs are independent. The degrees of freedom
of Student's t are `tr(N)^2 / tr(N N)`, N being the covariance of the K terms `R_g / sqrt(1 - h_g)` for independent
pairs: exactly K - 1 where people have equally many pairs, fewer where one has most of them.

These degrees of freedom take pairs of one person as independent. Where people differ and a few have most of the pairs,
the mean is theirs, and t falls short: 92 % where two of 60 people have half of the pairs. So the exact quantiles of
`|mean| / sqrt(V)` for normal values (`evalkit.statistics.ratio`) are taken too, where people vary as much as pairs do,
and where nothing else varies. The largest counts. Nothing changes where people have equally many pairs.

Source: Bell and McCaffrey, Survey Methodology 2002; Imbens and Kolesar, Review of Economics and Statistics 2016;
Pustejovsky and Tipton, Journal of Business and Economic Statistics 2018.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from evalkit.statistics.groups import summed, total
from evalkit.statistics.ratio import LEVELS, fitted, ratios
from evalkit.types import Values

_PEOPLE = np.array([[1.0, 1.0], [1.0, 0.0]])
"""Variances of people and of pairs for which quantiles are never fallen short of."""
_ROUNDING = 1 + 1e-6
_MANY = 100
"""Degrees of freedom beyond which exact quantiles would add less than 2 % and cost seconds with thousands of people."""


@dataclass(frozen=True)
class OneRole:
    """P pairs of K people, K at least 2; no person has all of the weight.

    Attributes:
        people: (P,) int64, who is in each pair.
        shares: (P,) float64, the weight of each pair; they sum to 1.
        scale: what the squares are multiplied by.
        df: degrees of freedom, the same for all values.
        factor: what the standard error is multiplied by; 1 unless a few people have most of the pairs.
    """

    people: NDArray[np.int64]
    shares: Values
    scale: Values
    df: float
    factor: float

    def spread(self, values: Values) -> tuple[Values, Values]:
        """Squared standard errors of the mean (N,) and degrees of freedom (N,) of N sets of `values` (N, P)."""
        residuals = values - (values @ self.shares)[:, None]
        sums = total(residuals * self.shares, self.people, len(self.scale))
        return self.factor**2 * (sums**2 @ self.scale), np.full(len(values), self.df)


def one_role(people: NDArray[np.int64], shares: Values) -> OneRole:
    """What depends on the pairs alone; see `OneRole`."""
    count = int(people.max()) + 1
    weight, square = summed(shares, people, count), summed(shares**2, people, count)
    apart = 1 - weight
    terms = np.diag(square) - np.outer(square, weight) - np.outer(weight, square)
    terms = (terms + square.sum() * np.outer(weight, weight)) / np.sqrt(np.outer(apart, apart))
    trace = float(np.trace(terms))
    scale, df = square.sum() / trace, trace**2 / float((terms**2).sum())
    factor, df = _not_below_exact(weight, square, scale * terms, scale, df)
    return OneRole(people, shares, scale / apart, df, factor)


def _not_below_exact(weight: Values, square: Values, of_pairs: Values, scale: float, df: float) -> tuple[float, float]:
    """A factor on sqrt(V) and degrees of freedom whose quantiles are those of t with `df`, or the exact ones if larger.

    `of_pairs` is the covariance (K, K) of the terms `sqrt(scale) R_g / sqrt(1 - h_g)` for independent pairs.
    """
    if df > _MANY:
        return 1.0, df
    on = np.sqrt(scale / (1 - weight))
    effects = on[:, None] * (np.diag(weight) - np.outer(weight, weight))
    forms = np.tensordot(_PEOPLE, np.stack([effects @ effects.T, of_pairs]), 1)
    with_mean = _PEOPLE @ np.stack([effects @ weight, on * (square - weight * square.sum())])
    of = ratios(forms, with_mean, _PEOPLE @ np.array([weight @ weight, square.sum()]))
    exact = np.sqrt(np.stack([of.critical(level) for level in LEVELS], axis=1)).max(axis=0)
    of_t = np.array([-stdtrit(df, level / 2) for level in LEVELS])
    if (exact <= of_t * _ROUNDING).all():
        return 1.0, df
    factors, dfs = fitted(np.maximum(exact, of_t)[None])
    return float(factors[0]), float(dfs[0])


def variance_if(design: OneRole, person: float, pair: float) -> float:
    """Variance of the mean where people vary by `person` and pairs of one person by `pair`."""
    weight = summed(design.shares, design.people, len(design.scale))
    return float(person * (weight**2).sum() + pair * (design.shares**2).sum())
