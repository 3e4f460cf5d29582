"""SPADE generator G: warped feature map -> image (Park et al., CVPR 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines._shared.spectral import SpectralConv2d

HIDDEN = 128
"""Channels between the segmentation map and its gamma and beta."""

MIDDLE_BLOCKS = 6


class Spade(nn.Module):
    """Instance norm whose scale and shift come from the segmentation map, position by position."""

    def __init__(self, channels: int, map_channels: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(map_channels, HIDDEN, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(HIDDEN, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(HIDDEN, channels, 3, padding=1)

    def forward(self, x: Tensor, segmentation: Tensor) -> Tensor:
        """x: (B, C, H, W), segmentation: (B, M, h, w) -> (B, C, H, W)."""
        hidden = self.mlp_shared(functional.interpolate(segmentation, x.shape[2:]))  # nearest
        modulated: Tensor = functional.instance_norm(x) * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden)
        return modulated


class SpadeBlock(nn.Module):
    """Residual block with two SPADE-normalised convolutions; the shortcut is learned where the width changes."""

    def __init__(self, in_channels: int, out_channels: int, map_channels: int) -> None:
        super().__init__()
        middle = min(in_channels, out_channels)
        self.norm_0 = Spade(in_channels, map_channels)
        self.conv_0 = SpectralConv2d(in_channels, middle, 3)
        self.norm_1 = Spade(middle, map_channels)
        self.conv_1 = SpectralConv2d(middle, out_channels, 3)
        self.learned_shortcut = in_channels != out_channels
        if self.learned_shortcut:
            self.norm_s = Spade(in_channels, map_channels)
            self.conv_s = SpectralConv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor, segmentation: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H, W)."""
        shortcut = self.conv_s(self.norm_s(x, segmentation)) if self.learned_shortcut else x
        x = self.conv_0(functional.leaky_relu(self.norm_0(x, segmentation), 0.2))
        x = self.conv_1(functional.leaky_relu(self.norm_1(x, segmentation), 0.2))
        return x + shortcut


class SpadeGenerator(nn.Module):
    """Six blocks at the map's size, two doublings, and a pixel shuffle for the rest.

    Args:
        upscale: factor of the final pixel shuffle; 1 for none. 256 in gives 512 out with 2.
        block_expansion: with `num_down_blocks` the map has block_expansion * 2^num_down_blocks channels.
        num_down_blocks: see `block_expansion`.
        out_channels: channels before the image convolution.
    """

    def __init__(
        self, upscale: int = 2, block_expansion: int = 64, num_down_blocks: int = 2, out_channels: int = 64
    ) -> None:
        super().__init__()
        channels = block_expansion * 2**num_down_blocks
        self.fc = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        for index in range(MIDDLE_BLOCKS):
            self.add_module(f"G_middle_{index}", SpadeBlock(2 * channels, 2 * channels, channels))
        self.up_0 = SpadeBlock(2 * channels, channels, channels)
        self.up_1 = SpadeBlock(channels, out_channels, channels)
        to_image = nn.Conv2d(out_channels, 3 * upscale**2, 3, padding=1)
        self.conv_img = to_image if upscale == 1 else nn.Sequential(to_image, nn.PixelShuffle(upscale))

    def forward(self, warped: Tensor) -> Tensor:
        """(B, C, H, W) from `WarpingModule` -> (B, 3, 4 * upscale * H, 4 * upscale * W) RGB in [0, 1]."""
        x = self.fc(warped)  # (B, 2C, H, W)
        for index in range(MIDDLE_BLOCKS):
            x = self.get_submodule(f"G_middle_{index}")(x, warped)
        x = self.up_0(functional.interpolate(x, scale_factor=2.0), warped)  # (B, C, 2H, 2W)
        x = self.up_1(functional.interpolate(x, scale_factor=2.0), warped)  # (B, 64, 4H, 4W)
        return torch.sigmoid(self.conv_img(functional.leaky_relu(x, 0.2)))
