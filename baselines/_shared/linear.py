"""Linear algebra that a GPU does not stop for: PyTorch's own functions wait for it to say that all went well.

Where it did not the result is NaN, which the check of generated frames finds.
"""

import torch
from torch import Tensor


def inverse(matrices: Tensor) -> Tensor:
    """(..., n, n) -> their inverses, bit for bit those of `torch.linalg.inv`; NaN for singular ones."""
    result, failed = torch.linalg.inv_ex(matrices)
    return _nan_where(failed, result)


def solve(matrices: Tensor, right: Tensor) -> Tensor:
    """(..., n, n) and (..., n, k) -> X with `matrices` X = `right`, as `torch.linalg.solve`; NaN for singular ones."""
    result, failed = torch.linalg.solve_ex(matrices, right)
    return _nan_where(failed, result)


def _nan_where(failed: Tensor, result: Tensor) -> Tensor:
    return result.masked_fill(failed[..., None, None] != 0, torch.nan)
