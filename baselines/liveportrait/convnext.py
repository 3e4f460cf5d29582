"""ConvNeXt V2 trunk (Woo et al., CVPR 2023), the backbone of LivePortrait's motion extractor."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-6


class ChannelNorm(nn.Module):
    """Layer norm over the channels of every position of a (B, C, H, W) map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        last = x.permute(0, 2, 3, 1)  # (B, H, W, C)
        normalised: Tensor = functional.layer_norm(last, last.shape[3:], self.weight, self.bias, EPSILON)
        return normalised.permute(0, 3, 1, 2)


class ResponseNorm(nn.Module):
    """Global response normalisation (ConvNeXt V2): channels compete by their energy over the image."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, 1, 1, channels))
        self.beta = nn.Parameter(torch.zeros(1, 1, 1, channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        energy = torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True)  # (B, 1, 1, C)
        share = energy / (energy.mean(dim=3, keepdim=True) + EPSILON)
        normalised: Tensor = self.gamma * (x * share) + self.beta + x
        return normalised


class Block(nn.Module):
    """Depthwise 7x7, layer norm, four times wider and back with GELU and response norm, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=EPSILON)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.grn = ResponseNorm(4 * channels)
        self.pwconv2 = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        branch = self.norm(self.dwconv(x).permute(0, 2, 3, 1))  # (B, H, W, C)
        branch = self.pwconv2(self.grn(functional.gelu(self.pwconv1(branch))))
        shifted: Tensor = x + branch.permute(0, 3, 1, 2)
        return shifted


def downsamplers(dims: tuple[int, ...]) -> nn.ModuleList:
    """Stem (4x4 patches, norm) and the halving layers (norm, 2x2 patches) before every later stage."""
    layers = [nn.Sequential(nn.Conv2d(3, dims[0], 4, stride=4), ChannelNorm(dims[0]))]
    for inside, outside in pairwise(dims):
        layers.append(nn.Sequential(ChannelNorm(inside), nn.Conv2d(inside, outside, 2, stride=2)))
    return nn.ModuleList(layers)


def stages(depths: tuple[int, ...], dims: tuple[int, ...]) -> nn.ModuleList:
    """One chain of blocks per resolution."""
    pairs = zip(depths, dims, strict=True)
    return nn.ModuleList(nn.Sequential(*(Block(channels) for _ in range(depth))) for depth, channels in pairs)
