"""Coefficients in units of their own spread."""

import torch
from torch import Tensor, nn

EPSILON = 1e-6
LEAST = 0.01


class Standardise(nn.Module):
    """Subtracts a running mean and divides by a running deviation, each coefficient for itself.

    Unlike batch normalisation it treats every image alike, in training too, and lets no gradient through the
    statistics. At inference it is an affine map, so that it could be folded into the layer in front of it.

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
    def learn(self, coefficients: Tensor) -> None:
        """Take (B, size) coefficients into the statistics: plain means at first, then with a weight of 0.01."""
        self.batches += 1
        weight = (1 / self.batches).clamp_min(LEAST)
        rows = coefficients.float()
        self.mean.lerp_(rows.mean(dim=0), weight)
        self.variance.lerp_((rows - self.mean).square().mean(dim=0), weight)

    def forward(self, coefficients: Tensor, learn: bool = False) -> Tensor:
        """(B, size) -> (B, size); `learn` takes these coefficients into the statistics first."""
        if learn:
            self.learn(coefficients)
        return (coefficients - self.mean) * torch.rsqrt(self.variance + EPSILON) * self.unit
