"""Sums over pairs by who is in them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evalkit.types import Values


def total(values: Values, group: NDArray[np.int64], count: int) -> Values:
    """(N, `count`): sums of `values` (N, P) over the pairs of each `group` (P,)."""
    of = sparse.csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(count, len(group)))
    return np.asarray((of @ values.T).T)


def summed(values: Values, group: NDArray[np.int64], count: int) -> Values:
    """(`count`,): sums of `values` (P,) over the pairs of each `group` (P,)."""
    return np.bincount(group, values, count).astype(np.float64)


def numbered(*columns: Sequence[str]) -> tuple[list[str], list[NDArray[np.int64]]]:
    """The different names in all columns, in alphabetical order, and the index of each entry of each column."""
    names, index = np.unique(np.concatenate([np.asarray(column) for column in columns]), return_inverse=True)
    return [str(name) for name in names], np.split(index.reshape(-1).astype(np.int64), len(columns))
