"""Editing network: source + warped source + motion descriptor -> generated image."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.pirenderer.blocks import ConvNorm, ModulatedNorm


class ResBlock(nn.Module):
    """x + norm2(conv2(x)).

    The official forward overwrites its first branch (`conv1`, `norm1`) before using it; the weights exist in the
    checkpoint, so they exist here, and play no part.
    """

    def __init__(self, channels: int, descriptor_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm1 = ModulatedNorm(channels, descriptor_channels)
        self.norm2 = ModulatedNorm(channels, descriptor_channels)

    def forward(self, x: Tensor, descriptor: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        branch: Tensor = self.norm2(self.conv2(x), descriptor)
        return x + branch


class ResBlocks(nn.Module):
    """A chain of `ResBlock`."""

    def __init__(self, channels: int, descriptor_channels: int, count: int) -> None:
        super().__init__()
        for index in range(count):
            self.add_module(f"res{index}", ResBlock(channels, descriptor_channels))

    def forward(self, x: Tensor, descriptor: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        for block in self.children():
            x = block(x, descriptor)
        return x


class Encoder(nn.Module):
    """Plain convolutional encoder of source and warped source."""

    def __init__(self, in_channels: int, base_nc: int, max_nc: int, layers: int) -> None:
        super().__init__()
        self.layers = layers
        widths = [min(base_nc * 2**level, max_nc) for level in range(layers + 1)]
        self.first = ConvNorm(in_channels, widths[0], kernel=7)
        for level in range(layers):
            self.add_module(f"down{level}", ConvNorm(widths[level], widths[level + 1]))

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 6, H, W) -> maps of size H, H/2, ..., H/2^layers."""
        maps = [self.first(x)]
        for level in range(self.layers):
            maps.append(functional.avg_pool2d(self.get_submodule(f"down{level}")(maps[-1]), 2))
        return maps


class ToImage(nn.Module):
    """7x7 convolution and tanh."""

    def __init__(self, channels: int, image_nc: int) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Conv2d(channels, image_nc, 7, padding=3), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, 3, H, W) in [-1, 1]."""
        image: Tensor = self.model(x)
        return image


class Decoder(nn.Module):
    """From the deepest map up: modulated residual blocks, doubling, plus the encoder map of that size."""

    def __init__(
        self, image_nc: int, descriptor_nc: int, base_nc: int, max_nc: int, layers: int, num_res_blocks: int
    ) -> None:
        super().__init__()
        self.levels = list(range(layers - 1, -1, -1))  # deepest first
        for level in self.levels:
            channels, width = (min(base_nc * 2**power, max_nc) for power in (level + 1, level))
            self.add_module(f"up{level}", ConvNorm(channels, width))
            self.add_module(f"res{level}", ResBlocks(channels, descriptor_nc, num_res_blocks))
            self.add_module(f"jump{level}", ConvNorm(width, width))
        self.final = ToImage(base_nc, image_nc)

    def forward(self, maps: list[Tensor], descriptor: Tensor) -> Tensor:
        """Encoder maps -> (B, 3, H, W) in [-1, 1]."""
        x = maps[-1]
        for level in self.levels:
            x = self.get_submodule(f"res{level}")(x, descriptor)
            x = self.get_submodule(f"up{level}")(functional.interpolate(x, scale_factor=2.0))
            x = x + self.get_submodule(f"jump{level}")(maps[level])
        image: Tensor = self.final(x)
        return image


class EditingNet(nn.Module):
    """Paints the final image from the source and its warped version.

    Args:
        image_nc: channels of the image.
        descriptor_nc: channels of the motion descriptor.
        layer: number of halvings and doublings.
        base_nc: channels at full size; doubled at every smaller size.
        max_nc: upper limit of the channels.
        num_res_blocks: residual blocks per size.
    """

    def __init__(
        self, image_nc: int, descriptor_nc: int, layer: int, base_nc: int, max_nc: int, num_res_blocks: int
    ) -> None:
        super().__init__()
        self.encoder = Encoder(2 * image_nc, base_nc, max_nc, layer)
        self.decoder = Decoder(image_nc, descriptor_nc, base_nc, max_nc, layer, num_res_blocks)

    def forward(self, source: Tensor, warped: Tensor, descriptor: Tensor) -> Tensor:
        """source, warped: (B, 3, H, W) in [-1, 1], descriptor: (B, D, 1) -> (B, 3, H, W) in [-1, 1]."""
        maps = self.encoder(torch.cat([source, warped], dim=1))
        image: Tensor = self.decoder(maps, descriptor)
        return image
