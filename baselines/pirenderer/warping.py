"""Warping network: source image + motion descriptor -> flow -> coarsely warped source."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.pirenderer.blocks import LEAK, LayerNorm2d, ModulatedNorm, activate


class EncoderBlock(nn.Module):
    """Norm, leaky ReLU, strided 4x4 convolution; norm, leaky ReLU, 3x3 convolution. Halves the size."""

    def __init__(self, in_channels: int, out_channels: int, descriptor_channels: int) -> None:
        super().__init__()
        self.norm_0 = ModulatedNorm(in_channels, descriptor_channels)
        self.conv_0 = nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1)
        self.norm_1 = ModulatedNorm(out_channels, descriptor_channels)
        self.conv_1 = nn.Conv2d(out_channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor, descriptor: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H / 2, W / 2)."""
        x = self.conv_0(activate(self.norm_0(x, descriptor)))
        x = self.conv_1(activate(self.norm_1(x, descriptor)))
        return x


class DecoderBlock(nn.Module):
    """Residual block that doubles the size by transposed convolutions on both paths."""

    def __init__(self, in_channels: int, out_channels: int, descriptor_channels: int) -> None:
        super().__init__()
        self.norm_0 = ModulatedNorm(in_channels, descriptor_channels)
        self.conv_0 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm_1 = ModulatedNorm(out_channels, descriptor_channels)
        self.conv_1 = _doubling(out_channels, out_channels)
        self.norm_s = ModulatedNorm(in_channels, descriptor_channels)
        self.conv_s = _doubling(in_channels, out_channels)

    def forward(self, x: Tensor, descriptor: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', 2H, 2W)."""
        shortcut: Tensor = self.conv_s(activate(self.norm_s(x, descriptor)))
        x = self.conv_0(activate(self.norm_0(x, descriptor)))
        x = self.conv_1(activate(self.norm_1(x, descriptor)))
        return x + shortcut


def _doubling(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2, padding=1, output_padding=1)


class Encoder(nn.Module):
    """Maps of the source at every size, each modulated by the motion."""

    def __init__(self, image_nc: int, descriptor_nc: int, base_nc: int, max_nc: int, layers: int) -> None:
        super().__init__()
        self.layers = layers
        self.input_layer = nn.Conv2d(image_nc, base_nc, 7, padding=3)
        widths = [min(base_nc * 2**level, max_nc) for level in range(layers + 1)]
        for level in range(layers):
            self.add_module(f"encoder{level}", EncoderBlock(widths[level], widths[level + 1], descriptor_nc))

    def forward(self, image: Tensor, descriptor: Tensor) -> list[Tensor]:
        """(B, 3, H, W) -> maps of size H, H/2, ..., H/2^layers; element i has min(base * 2^i, max) channels."""
        maps = [self.input_layer(image)]
        for level in range(self.layers):
            maps.append(self.get_submodule(f"encoder{level}")(maps[-1], descriptor))
        return maps


class Decoder(nn.Module):
    """Climbs back a few sizes; every step ends with the encoder map of its size, also the last one."""

    def __init__(self, descriptor_nc: int, base_nc: int, max_nc: int, encoder_layers: int, layers: int) -> None:
        super().__init__()
        self.levels = list(range(encoder_layers - 1, encoder_layers - 1 - layers, -1))  # deepest first
        channels = min(base_nc * 2**encoder_layers, max_nc)
        for level in self.levels:
            width = min(base_nc * 2**level, max_nc)
            self.add_module(f"decoder{level}", DecoderBlock(channels, width, descriptor_nc))
            channels = 2 * width
        self.out_channels = channels

    def forward(self, maps: list[Tensor], descriptor: Tensor) -> Tensor:
        """Encoder maps -> (B, out_channels, H / 2^k, W / 2^k), k = encoder layers - decoder layers."""
        x = maps[-1]
        for level in self.levels:
            x = self.get_submodule(f"decoder{level}")(x, descriptor)
            x = torch.cat([x, maps[level]], dim=1)
        return x


class Hourglass(nn.Module):
    """Encoder and decoder of the warping network."""

    def __init__(
        self, image_nc: int, descriptor_nc: int, base_nc: int, max_nc: int, encoder_layer: int, decoder_layer: int
    ) -> None:
        super().__init__()
        self.encoder = Encoder(image_nc, descriptor_nc, base_nc, max_nc, encoder_layer)
        self.decoder = Decoder(descriptor_nc, base_nc, max_nc, encoder_layer, decoder_layer)

    def forward(self, image: Tensor, descriptor: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, C, H / 2^k, W / 2^k)."""
        features: Tensor = self.decoder(self.encoder(image, descriptor), descriptor)
        return features


class WarpingNet(nn.Module):
    """Flow of the source towards the driving motion, and the source warped by it.

    Args:
        image_nc: channels of the image.
        descriptor_nc: channels of the motion descriptor.
        base_nc: channels after the input convolution; doubled at every smaller size.
        max_nc: upper limit of the channels.
        encoder_layer: number of halvings.
        decoder_layer: number of doublings; the flow has 1 / 2^(encoder_layer - decoder_layer) of the image's size.
    """

    def __init__(
        self, image_nc: int, descriptor_nc: int, base_nc: int, max_nc: int, encoder_layer: int, decoder_layer: int
    ) -> None:
        super().__init__()
        self.hourglass = Hourglass(image_nc, descriptor_nc, base_nc, max_nc, encoder_layer, decoder_layer)
        channels = self.hourglass.decoder.out_channels
        self.flow_out = nn.Sequential(LayerNorm2d(channels), nn.LeakyReLU(LEAK), nn.Conv2d(channels, 2, 7, padding=3))

    def forward(self, source: Tensor, descriptor: Tensor) -> tuple[Tensor, Tensor]:
        """Estimate the flow and warp.

        Args:
            source: (B, 3, H, W) in [-1, 1].
            descriptor: (B, D, 1).

        Returns:
            flow (B, 2, h, w) in pixels of the flow map, x then y; warped source (B, 3, H, W).
        """
        flow: Tensor = self.flow_out(self.hourglass(source, descriptor))
        return flow, warp(source, flow)


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """Sample `image` (B, C, H, W) where `flow` (B, 2, h, w), in pixels of its own map, points; outside is 0."""
    height, width = flow.shape[2:]
    ys, xs = (torch.linspace(-1, 1, size, device=flow.device, dtype=flow.dtype) for size in (height, width))
    rows, columns = torch.meshgrid(ys, xs, indexing="ij")
    grid = torch.stack([columns, rows])  # (2, h, w), corners at -1 and 1
    pixels = torch.tensor([width - 1, height - 1], device=flow.device, dtype=flow.dtype)[:, None, None]
    deformation = grid + 2 * flow / pixels  # (B, 2, h, w)
    deformation = functional.interpolate(deformation, image.shape[2:], mode="bilinear", align_corners=False)
    return functional.grid_sample(image, deformation.permute(0, 2, 3, 1), align_corners=False)
