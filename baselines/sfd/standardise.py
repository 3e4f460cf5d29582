"""Coefficients in units of their own spread."""

import torch
from torch import Tensor, nn

from baselines.sfd.everyone import everyone

EPSILON = 1e-6
LEAST = 0.01


class Standardise(nn.Module):
    """Subtracts a running mean and divides by a running deviation, each coefficient for itself.

    Values are always those of the running statistics, so that every image is treated alike, in training too. Gradients
    are taken as if the batch's own statistics stood there (batch renormalisation, Ioffe, NeurIPS 2017, eq. 4 without
    limits): a step can neither shift nor scale all coefficients of a batch. With constants in their place mean and
    deviation ran away to hundreds of thousands within 10,000 steps, faster than the running statistics followed. The
    batch is that of all processes that train together.
    At inference it is an affine map, so that it could be folded into the layer in front of it.

    Args:
        size: Number of coefficients.
        unit: Deviation afterwards.
    """

    mean: Tensor
    variance: Tensor
    batches: Tensor

    def __init__(self, size: int, unit: float = 1.0) -> None:
        super().__init__()
        self.unit = unit
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.register_buffer("batches", torch.zeros(()))

    @torch.no_grad()
    def learn(self, rows: Tensor) -> None:
        """Take (B, size) coefficients into the statistics: plain means at first, then with a weight of 0.01."""
        self.batches += 1
        weight = (1 / self.batches).clamp_min(LEAST)
        self.mean.lerp_(rows.mean(dim=0), weight)
        self.variance.lerp_((rows - self.mean).square().mean(dim=0), weight)

    def forward(self, coefficients: Tensor, learn: bool = False) -> Tensor:
        """(B, size) -> (B, size); `learn` takes these coefficients into the statistics first."""
        if learn:
            rows = everyone(coefficients.to(self.mean.dtype))
            self.learn(rows)
            coefficients = _renormalised(coefficients, rows)
        return (coefficients - self.mean) * torch.rsqrt(self.variance + EPSILON) * self.unit


def _renormalised(coefficients: Tensor, rows: Tensor) -> Tensor:
    """The same (B, size) values, with gradients that leave mean and deviation over `rows` as they are."""
    variance, mean = torch.var_mean(rows, dim=0, correction=0)
    deviation = torch.sqrt(variance + EPSILON)
    return (coefficients - mean) / deviation * deviation.detach() + mean.detach()
