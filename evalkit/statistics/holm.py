"""p-values of several tests, corrected so that the chance of any false alarm stays what each one permits."""

import numpy as np

from evalkit.types import Values


def holm(p: Values) -> Values:
    """p-values (..., M) after Holm's correction (Scandinavian Journal of Statistics 1979)."""
    order = np.argsort(p, axis=-1, kind="stable")
    steps = np.arange(p.shape[-1], 0, -1)
    running = np.maximum.accumulate(np.take_along_axis(p, order, axis=-1) * steps, axis=-1)
    found = np.empty_like(p)
    np.put_along_axis(found, order, running, axis=-1)
    return np.minimum(1.0, found)
