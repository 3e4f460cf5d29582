"""How large a mean gets beside its estimated standard error, exactly, where both come from the same normal values.

Let m be a normal number with mean 0 and V a sum of squares of normal numbers, correlated among each other and with m:
`m = sum b_j z_j + b_0 z_0`, `V = sum d_j z_j^2`, z independent and standard normal. Student's t is the case of equal d
and no b but b_0. Then `P(m^2 > c V)` is one integral:

    (2 / pi) int_0^1 (1 - u^2)^((q - 1) / 2) / sqrt(prod_i (1 - u^2 - w_i / w_0)) du

with w the eigenvalues of `b b' - c diag(d)`, of which one, w_0, is positive, and q the number of the others. The
product needs no eigenvalues: it is the characteristic polynomial at `w_0 (1 - u^2)`.

Source: Bakirov and Szekely, Journal of Mathematical Sciences 2005, as used by Mueller and Watson, Econometrica 2022.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from evalkit.types import Values

LEVELS = (0.05, 0.005)
"""Two-sided levels at which a scaled t is made to fit."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_ANGLES = (_NODES + 1) * np.pi / 4
_SQUARES = np.sin(_ANGLES) ** 2
_STEPS = _WEIGHTS * np.cos(_ANGLES) * np.pi / 4 * 2 / np.pi
_DFS = np.geomspace(1.0, 1000.0, 400)
_NOTHING = 1e-10
"""A share of V, or of the variance of m, that is only rounding."""


@dataclass(frozen=True)
class Ratios:
    """N couples (m, V): `own` (N, K + 1) the b_j^2, last what V does not see of m; `seen` (N, K + 1) the d_j."""

    own: Values
    seen: Values

    def tail(self, c: Values) -> Values:
        """(N,) chances that `m^2 > c V`, for `c` (N,) above 0."""
        shifts = self.seen * c[:, None]
        top = _positive_root(self.own, shifts)
        at = top[:, None] * (1 - _SQUARES)
        apart = at[:, None, :] + shifts[:, :, None]
        # prod_i (at - w_i) over all i is prod_j apart_j times (1 - sum own_j / apart_j); that of w_0 alone is -top u^2.
        rest = ((self.own[:, :, None] / apart).sum(axis=1) - 1) / _SQUARES
        others = self.seen.shape[1] - 1
        logs = (others - 1) * np.log(1 - _SQUARES) - np.log(apart / top[:, None, None]).sum(axis=1)
        return np.asarray(np.exp((logs - np.log(rest)) / 2) @ _STEPS)

    def critical(self, level: float) -> Values:
        """(N,) the c that `m^2 / V` exceeds with a chance of `level`."""
        # A normal m over a fixed V would be near; the log of the chance is nearly a line in the log of c.
        start = np.log(self.own.sum(axis=1) / self.seen.sum(axis=1)) + 2 * math.log(float(-ndtri(level / 2)))
        low, high = start - 2.0, start + 1.0
        at_low, at_high = (self._beyond(x, level) for x in (low, high))
        while (at_low < 0).any() or (at_high > 0).any():
            low, high = np.where(at_low < 0, low - 4.0, low), np.where(at_high > 0, high + 4.0, high)
            at_low, at_high = (self._beyond(x, level) for x in (low, high))
        found, left = high.copy(), np.arange(len(start))
        for _ in range(100):
            # Illinois: a secant between the ends, where an end that stays counts half.
            found[left] = high - at_high * (high - low) / (at_high - at_low)
            here = self._of(left)._beyond(found[left], level)
            above = here > 0
            at_low, at_high = np.where(above, here, at_low / 2), np.where(above, at_high / 2, here)
            low, high = np.where(above, found[left], low), np.where(above, high, found[left])
            open_ = np.abs(here) > 1e-7
            left = left[open_]
            low, high, at_low, at_high = (x[open_] for x in (low, high, at_low, at_high))
            if not len(left):
                break
        return np.asarray(np.exp(found))

    def _of(self, rows: NDArray[np.intp]) -> "Ratios":
        return Ratios(self.own[rows], self.seen[rows])

    def _beyond(self, log_c: Values, level: float) -> Values:
        """(N,) by how much the log of the chance at c exceeds that of `level`."""
        return np.asarray(np.log(self.tail(np.exp(log_c))) - math.log(level))


def ratios(forms: Values, covariances: Values, variances: Values) -> Ratios:
    """Of m with `variances` (N,) and V = x'x, x having covariance `forms` (N, K, K) and `covariances` (N, K) with m."""
    seen, axes = np.linalg.eigh(forms)
    real = seen > _NOTHING * seen[:, -1:]
    along = (np.swapaxes(axes, 1, 2) @ covariances[:, :, None])[:, :, 0]
    own = np.where(real, along**2 / np.where(real, seen, 1.0), 0.0)
    unseen = np.maximum(variances - own.sum(axis=1), _NOTHING * variances)
    end = np.zeros((len(forms), 1))
    return Ratios(np.hstack([own, unseen[:, None]]), np.hstack([np.where(real, seen, 0.0), end]))


def fitted(quantiles: Values) -> tuple[Values, Values]:
    """A scaled t: factors (N,) on sqrt(V), and degrees of freedom (N,), from `quantiles` (N, 2) at both `LEVELS`.

    The t has these quantiles; degrees of freedom lie between 1 and 1000.
    """
    of_t = [-stdtrit(_DFS, level / 2) for level in LEVELS]
    falling = of_t[1] / of_t[0]
    df = np.exp(np.interp(quantiles[:, 1] / quantiles[:, 0], falling[::-1], np.log(_DFS)[::-1]))
    return quantiles[:, 0] / -stdtrit(df, LEVELS[0] / 2), df


def _positive_root(own: Values, shifts: Values) -> Values:
    """(N,) w with `sum own_j / (w + shifts_j) = 1`, from below by Newton's steps: the sum is convex and falls."""
    root = own[:, -1].copy()
    for _ in range(100):
        parts = own / (root[:, None] + shifts)
        step = (parts.sum(axis=1) - 1) / (parts / (root[:, None] + shifts)).sum(axis=1)
        root = root + np.maximum(step, 0.0)
        if float((step / root).max()) < 1e-12:
            break
    return root
