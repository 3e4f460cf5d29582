"""How sure is one number for a whole set (FID, FVD, KID), from what it becomes when a person leaves?

The number has no value per pair to take a spread of. But it can be taken again without each person: without the pairs
in which the person is source or driver, and without the person's real clips. With `h_k` the weight of those pairs,
`D_k = (1 - h_k) (value without k - value)` is to the number what a person's summed residuals are to a mean, so the same
spread `V = sum D_k^2 / (1 - h_k)` and the same t are used (`evalkit.statistics.estimate`), at the floor of the
components. A set of fewer people has a higher distance. That is bias, not spread: `D_k` grows with `h_k` on average,
and that part is taken off first. Its sum is the bias of the number itself from having these people only (in
self-reenactment exactly the jackknife's).

The interval is for the number that other people would give *with as many people and rows*; it does not hold the
distance of infinite sets. Measured coverage and bias: docs/statistics.md.

Source: Quenouille, Biometrika 1956 (bias); Efron and Stein, Annals of Statistics 1981 (variance).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.statistics.estimate import Estimate, design
from evalkit.statistics.one_role import OneRole
from evalkit.types import Values

TOO_FEW_ROWS = "too few rows without some person"


@dataclass(frozen=True)
class LeftOut:
    """The number with its standard error, and by how much having few people has raised it (None without an error)."""

    estimate: Estimate
    bias: float | None


def leave_out(
    value: Callable[[NDArray[np.bool_], NDArray[np.bool_]], float],
    sources: Sequence[str],
    drivings: Sequence[str],
    reference: Sequence[str],
) -> LeftOut:
    """How sure `value` is.

    Args:
        value: the number from the generated rows (N,) and the reference rows (M,) that are True; NaN where it has none.
        sources, drivings: the people of each generated row.
        reference: the person of each reference row.
    """
    one, other, real = np.asarray(sources), np.asarray(drivings), np.asarray(reference)
    whole = value(np.ones(len(one), np.bool_), np.ones(len(real), np.bool_))
    names = [str(name) for name in np.unique(np.concatenate([one, other]))]
    found = design(np.full(len(one), 1 / len(one)), [str(n) for n in one], [str(n) for n in other])
    if isinstance(found, str):
        return LeftOut(Estimate(whole, None, None, len(names), found), None)
    without = np.array([value((one != name) & (other != name), real != name) for name in names])
    if not np.isfinite([*without, whole]).all():
        return LeftOut(Estimate(whole, None, None, len(names), TOO_FEW_ROWS), None)
    weight = np.array([float(((one == name) | (other == name)).mean()) for name in names])
    moved = (1 - weight) * (without - whole)
    bias = float(moved.sum() / weight.sum())
    apart: Values = moved - bias * weight
    if isinstance(found, OneRole):
        variance, df = found.factor**2 * float(apart**2 @ (1 / (1 - weight))), found.df
    else:
        factor, dfs = found.calibration(np.zeros((1, 4)))
        variance, df = float(factor[0] ** 2 * (apart**2 @ (1 / (1 - weight)))), float(dfs[0])
    return LeftOut(Estimate(whole, math.sqrt(variance), df, len(names)), bias)
