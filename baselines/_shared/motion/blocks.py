"""Convolution blocks of the family, with the attribute names of the official checkpoints.

Sources: Siarohin et al., First Order Motion Model for Image Animation, NeurIPS 2019 (supplementary material); 3-D
versions from Wang et al., One-Shot Free-View Neural Talking-Head Synthesis, CVPR 2021 (supplementary material).
Volumes keep their depth: pooling and upsampling act on height and width only.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Norm = Literal["batch", "instance"]


def conv_layer(dims: int, in_features: int, out_features: int, kernel: int) -> nn.Module:
    """Convolution over `dims` (2 or 3) axes with odd kernel, stride 1 and zero padding that keeps the size."""
    if dims == 2:
        return nn.Conv2d(in_features, out_features, kernel, padding=kernel // 2)
    return nn.Conv3d(in_features, out_features, kernel, padding=kernel // 2)


def norm_layer(dims: int, features: int, norm: Norm) -> nn.Module:
    """Affine normalisation, eps 1e-5: batch statistics learned in training, or those of each map."""
    if norm == "instance":
        return nn.InstanceNorm2d(features, affine=True) if dims == 2 else nn.InstanceNorm3d(features, affine=True)
    return nn.BatchNorm2d(features) if dims == 2 else nn.BatchNorm3d(features)


class ConvBlock(nn.Module):
    """conv -> norm -> ReLU at one size; `slope` > 0 makes it a leaky ReLU."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        kernel: int = 3,
        dims: int = 2,
        norm: Norm = "batch",
        slope: float = 0.0,
    ) -> None:
        super().__init__()
        self.conv = conv_layer(dims, in_features, out_features, kernel)
        self.norm = norm_layer(dims, out_features, norm)
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, *S) -> (N, Cout, *S)."""
        return F.leaky_relu(self.norm(self.conv(x)), self.slope)


class DownBlock(ConvBlock):
    """conv -> norm -> ReLU -> average pooling by 2 (odd sizes are floored)."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, [D,] H, W) -> (N, Cout, [D,] H/2, W/2)."""
        x = super().forward(x)
        return F.avg_pool2d(x, 2) if x.dim() == 4 else F.avg_pool3d(x, (1, 2, 2))


class UpBlock(ConvBlock):
    """nearest upsampling by 2 -> conv -> norm -> ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, [D,] H, W) -> (N, Cout, [D,] 2H, 2W)."""
        scale = (2.0, 2.0) if x.dim() == 4 else (1.0, 2.0, 2.0)
        return super().forward(F.interpolate(x, scale_factor=scale, mode="nearest"))


class ResBlock(nn.Module):
    """Pre-activation residual block: x + conv(ReLU(norm(conv(ReLU(norm(x))))))."""

    def __init__(self, features: int, *, dims: int = 2, norm: Norm = "batch") -> None:
        super().__init__()
        self.conv1 = conv_layer(dims, features, features, 3)
        self.conv2 = conv_layer(dims, features, features, 3)
        self.norm1 = norm_layer(dims, features, norm)
        self.norm2 = norm_layer(dims, features, norm)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, *S) -> (N, C, *S)."""
        residual: Tensor = self.conv1(F.relu(self.norm1(x)))
        residual = self.conv2(F.relu(self.norm2(residual)))
        return x + residual


def res_blocks(prefix: str, features: int, number: int, *, dims: int = 2) -> nn.Sequential:
    """`number` residual blocks in a row, named `<prefix>0`, `<prefix>1`, ... as in the checkpoints."""
    blocks = nn.Sequential()
    for index in range(number):
        blocks.add_module(f"{prefix}{index}", ResBlock(features, dims=dims))
    return blocks


class AntiAliasDown(nn.Module):
    """Gaussian blur, then every (1/scale)-th pixel starting at 0.

    sigma = (1/scale - 1) / 2, kernel size 2 * round(4 sigma) + 1, zero padding; the kernel is a buffer `weight`
    (C, 1, k, k) of the checkpoints.

    Args:
        channels: image channels C.
        scale: 1 / integer, below 1.
    """

    weight: Tensor

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        sigma = (1 / scale - 1) / 2
        radius = round(4 * sigma)
        line = torch.exp(-(torch.arange(-radius, radius + 1).float() ** 2) / (2 * sigma**2))
        kernel = line[:, None] * line[None, :]
        self.register_buffer("weight", (kernel / kernel.sum()).expand(channels, 1, -1, -1).clone())
        self.stride = int(1 / scale)

    def forward(self, image: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H*scale, W*scale)."""
        padding = self.weight.shape[-1] // 2
        return F.conv2d(image, self.weight, stride=self.stride, padding=padding, groups=self.weight.shape[0])


def downscale_layer(channels: int, scale: float) -> AntiAliasDown | None:
    """The downscale in front of a network; None (and no checkpoint key) at scale 1."""
    return None if scale == 1 else AntiAliasDown(channels, scale)
