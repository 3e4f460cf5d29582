"""What numbers of time share: a difference to the driving clip, so that a frozen clip is not a perfect one.

A clip that stands still has no flicker, no jitter and no change of identity. Such an amount is therefore compared with
that of the driving clip at the same frame: too little counts like too much.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import check_rows
from evalkit.types import Values

_ROUNDING = 1e-12
"""Amounts up to this are what rounding leaves of nothing."""


def unlike_driving(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) absolute difference of amounts (T, 1), summed over columns if there are more; lower is better."""
    check_rows(generated, driving)
    return np.asarray(np.abs(generated - driving).sum(axis=1))


def amount_missed(generated: float, driving: float) -> float:
    """1 - smaller / larger of two amounts >= 0: 0 for equal ones, 1 when one has nothing, NaN when neither has."""
    larger = max(generated, driving)
    return 1 - min(generated, driving) / larger if larger > _ROUNDING else float("nan")


def steps(rows: NDArray[Any], order: int = 1) -> Values:
    """(T, ...) differences of a frame to the one before it, `order` times; NaN at the first `order` frames."""
    found = np.full(rows.shape, np.nan)
    found[order:] = np.diff(rows, n=order, axis=0)
    return found


def of_clip(value: float, frames: int) -> Values:
    """(T,) one value of a whole clip as that of each frame."""
    return np.full(frames, value)
