"""Where a series of numbers jumps: the piecewise constant fit with the least squared error plus a price per jump.

Optimal partitioning by dynamic programming (Jackson et al., "An algorithm for optimal partitioning of data on an
interval", IEEE SPL 2005). The price is `PRICE` * (1 + `FEW` / n) * noise variance * log n; the noise is estimated from
differences of neighbours by their median, so that jumps do not inflate it. From few values that estimate is rough,
hence the second factor: at most 6 % of series of pure noise, of any length, show a jump.
"""

import math

import numpy as np

from evalkit.types import Values

PRICE, FEW = 3.0, 10.0
_GAUSS = 0.6744897501960817
"""Median of the absolute value of a standard normal variable."""


def change_points(values: Values) -> list[int]:
    """Indices i where `values` (N,) begin a new level at i. Two values say nothing of noise, and show no jump."""
    count = len(values)
    if count < 3 or float(np.ptp(values)) == 0.0:
        return []
    price = PRICE * (1 + FEW / count) * _noise(values) ** 2 * np.log(count)
    sums = np.concatenate([[0.0], np.cumsum(values - values.mean())])
    squares = np.concatenate([[0.0], np.cumsum((values - values.mean()) ** 2)])
    best, last = np.zeros(count + 1), np.zeros(count + 1, np.int64)
    for end in range(1, count + 1):
        starts = np.arange(end)
        cost = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        total = best[starts] + np.maximum(cost, 0.0) + np.where(starts > 0, price, 0.0)
        last[end] = int(np.argmin(total))
        best[end] = total[last[end]]
    return _walk_back(last)


def _noise(values: Values) -> float:
    """Standard deviation of the noise; a ten-thousandth of the range when most neighbours are equal."""
    steps = np.abs(np.diff(values))
    return max(float(np.median(steps)) / (_GAUSS * math.sqrt(2)), 1e-4 * float(np.ptp(values)))


def _walk_back(last: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[int]:
    found, end = [], len(last) - 1
    while end > 0:
        end = int(last[end])
        found.append(end)
    return sorted(found)[1:]
