"""A convolution under spectral norm, as old torch stores it (Miyato et al., ICLR 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class SpectralConv2d(nn.Module):
    """Convolution whose weight is `weight_orig` divided by u . (W v), W being it flattened to (out, rest).

    Evaluation does no power iteration, so the stored u and v need not belong to the largest singular value.
    """

    weight_u: Tensor
    weight_v: Tensor

    def __init__(self, in_channels: int, out_channels: int, kernel: int, *, bias: bool = True) -> None:
        super().__init__()
        self.padding = kernel // 2
        self.weight_orig = nn.Parameter(torch.empty(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.register_buffer("weight_u", functional.normalize(torch.ones(out_channels), dim=0))
        self.register_buffer("weight_v", functional.normalize(torch.ones(in_channels * kernel * kernel), dim=0))
        self.fixed = False
        nn.init.kaiming_uniform_(self.weight_orig, a=5**0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, H, W) -> (N, Cout, H, W)."""
        weight = self.weight_orig if self.fixed else self._weight()
        return functional.conv2d(x, weight, self.bias, padding=self.padding)

    def fix_weights(self) -> None:
        """See `baselines._shared.native.fixed.Fixable`."""
        if not self.fixed:
            self.weight_orig.data, self.fixed = self._weight().data, True

    def _weight(self) -> Tensor:
        return self.weight_orig / (self.weight_u @ (self.weight_orig.flatten(1) @ self.weight_v))
