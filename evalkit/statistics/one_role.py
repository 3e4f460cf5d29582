"""Standard error of a mean over pairs in which one person has both roles: people are independent, their clips are not.

With `h_g` the weight of person g and `R_g` its weighted residuals, summed, the variance is
`c sum R_g^2 / (1 - h_g)` (CR2 for a mean: the divisor undoes what subtracting the mean takes from a residual). `c` is
1 for equal weights of pairs, else what makes the variance unbiased where pairs are independent. The degrees of freedom
of Student's t are `tr(N)^2 / tr(N N)`, N being the covariance of the K terms `R_g / sqrt(1 - h_g)` for independent
pairs: exactly K - 1 where people have equally many pairs, fewer where one has most of them.

Source: Bell and McCaffrey, Survey Methodology 2002; Imbens and Kolesar, Review of Economics and Statistics 2016;
Pustejovsky and Tipton, Journal of Business and Economic Statistics 2018.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.statistics.groups import summed, total
from evalkit.types import Values


@dataclass(frozen=True)
class OneRole:
    """P pairs of K people, K at least 2; no person has all of the weight.

    Attributes:
        people: (P,) int64, who is in each pair.
        shares: (P,) float64, the weight of each pair; they sum to 1.
        scale: what the squares are multiplied by.
        df: degrees of freedom, the same for all values.
    """

    people: NDArray[np.int64]
    shares: Values
    scale: Values
    df: float

    def spread(self, values: Values) -> tuple[Values, Values]:
        """Variances of the mean (N,) and degrees of freedom (N,) of N sets of `values` (N, P)."""
        residuals = values - (values @ self.shares)[:, None]
        sums = total(residuals * self.shares, self.people, len(self.scale))
        return sums**2 @ self.scale, np.full(len(values), self.df)


def one_role(people: NDArray[np.int64], shares: Values) -> OneRole:
    """What depends on the pairs alone; see `OneRole`."""
    count = int(people.max()) + 1
    weight, square = summed(shares, people, count), summed(shares**2, people, count)
    apart = 1 - weight
    terms = np.diag(square) - np.outer(square, weight) - np.outer(weight, square)
    terms = (terms + square.sum() * np.outer(weight, weight)) / np.sqrt(np.outer(apart, apart))
    trace = float(np.trace(terms))
    return OneRole(people, shares, square.sum() / trace / apart, trace**2 / float((terms**2).sum()))


def variance_if(design: OneRole, person: float, pair: float) -> float:
    """Variance of the mean where people vary by `person` and pairs of one person by `pair`."""
    weight = summed(design.shares, design.people, len(design.scale))
    return float(person * (weight**2).sum() + pair * (design.shares**2).sum())
