"""Spatially adaptive normalisation and the decoder that osfs and dagan build from it (fnevr and g3fa use the layer).

Source: Park et al., Semantic Image Synthesis with Spatially-Adaptive Normalization, CVPR 2019. The modulation map is
not a segmentation here but features of the same network.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.spectral import SpectralConv2d

HIDDEN = 128
"""Width inside a SPADE layer."""


class Spade(nn.Module):
    """Instance normalisation, then scale 1 + gamma and shift beta computed per pixel from the modulation map."""

    def __init__(self, features: int, map_channels: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(map_channels, HIDDEN, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(HIDDEN, features, 3, padding=1)
        self.mlp_beta = nn.Conv2d(HIDDEN, features, 3, padding=1)

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        """(N, C, h, w) and a (N, M, H, W) map, resized with nearest -> (N, C, h, w)."""
        hidden = self.mlp_shared(F.interpolate(modulation, size=x.shape[2:], mode="nearest"))
        modulated: Tensor = F.instance_norm(x) * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden)
        return modulated


class SpadeResBlock(nn.Module):
    """x_s + conv_1(act(norm_1(conv_0(act(norm_0(x)))))), act = leaky ReLU 0.2.

    x_s is x, or conv_s(norm_s(x)) without activation where the width changes.
    """

    def __init__(self, in_features: int, out_features: int, map_channels: int) -> None:
        super().__init__()
        middle = min(in_features, out_features)
        self.conv_0 = SpectralConv2d(in_features, middle, 3)
        self.conv_1 = SpectralConv2d(middle, out_features, 3)
        self.norm_0 = Spade(in_features, map_channels)
        self.norm_1 = Spade(middle, map_channels)
        self.widens = in_features != out_features
        if self.widens:
            self.conv_s = SpectralConv2d(in_features, out_features, 1, bias=False)
            self.norm_s = Spade(in_features, map_channels)

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        """(N, Cin, h, w), (N, M, H, W) -> (N, Cout, h, w)."""
        shortcut: Tensor = self.conv_s(self.norm_s(x, modulation)) if self.widens else x
        residual: Tensor = self.conv_0(F.leaky_relu(self.norm_0(x, modulation), 0.2))
        residual = self.conv_1(F.leaky_relu(self.norm_1(residual, modulation), 0.2))
        return shortcut + residual


class SpadeDecoder(nn.Module):
    """(N, 256, h, w) features -> (N, 3, 4h, 4w) image; the widths are fixed in the official code.

    Args:
        middle_blocks: residual blocks at 512 channels before upsampling.
        map_channels: channels of the modulation map.
    """

    def __init__(self, *, middle_blocks: int, map_channels: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(256, 512, 3, padding=1)
        self.middle_names = [f"G_middle_{index}" for index in range(middle_blocks)]
        for name in self.middle_names:
            self.add_module(name, SpadeResBlock(512, 512, map_channels))
        self.up_0 = SpadeResBlock(512, 256, map_channels)
        self.up_1 = SpadeResBlock(256, 64, map_channels)
        self.conv_img = nn.Conv2d(64, 3, 3, padding=1)

    def decode(self, features: Tensor, modulation: Tensor) -> Tensor:
        """(N, 256, h, w) and a (N, M, H, W) map -> (N, 3, 4h, 4w) in [0, 1]."""
        x: Tensor = self.fc(features)
        for name in self.middle_names:
            x = self.get_submodule(name)(x, modulation)
        for block in (self.up_0, self.up_1):
            x = block(F.interpolate(x, scale_factor=2, mode="nearest"), modulation)
        return torch.sigmoid(self.conv_img(F.leaky_relu(x, 0.2)))
