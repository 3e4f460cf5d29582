"""Weights and inputs made by a formula, so that other people's code can be given the very same ones.

Expected numbers of tests that use these come from the code that the test names, run once with what these functions
give; anybody can do so again without a file of ours.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def golden(count: int, offset: int) -> NDArray[np.float64]:
    """(count,) multiples of the golden ratio without their whole part: numbers in [0, 1)."""
    return np.modf((np.arange(count, dtype=np.float64) + offset) * 0.6180339887498949)[0]


def pictures(*shape: int, offset: int) -> NDArray[np.uint8]:
    """(..., 3) uint8 of grey levels 0 to 254, the channels last."""
    return (golden(int(np.prod(shape)), offset) * 255).astype(np.uint8).reshape(shape)


def by_formula(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of the same shapes. Running variances, 0.02 to 0.52, let an epsilon be seen.

    Tensors are numbered by name, counters of batch normalisation included, which are left out.
    """
    made = {}
    for number, (name, value) in enumerate(sorted(state.items())):
        if name.endswith("num_batches_tracked"):
            continue
        u = golden(value.numel(), number)
        if value.ndim > 1:
            x = (u * 2 - 1) * np.sqrt(6 / value[0].numel())
        elif name.endswith("running_var"):
            x = 0.02 + 0.5 * u
        elif name.endswith("weight"):
            x = 0.3 + 0.4 * u
        else:
            x = (u * 2 - 1) * 0.1
        made[name] = torch.from_numpy(x.astype(np.float32).reshape(value.shape))
    return made
