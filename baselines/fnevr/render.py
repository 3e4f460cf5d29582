"""FNeVR's volume rendering: warped 2-D features read as a stack of layers, composited along depth.

Source: Zeng et al., FNeVR: Neural Volume Rendering for Face Animation, NeurIPS 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.blocks import ResBlock, UpBlock

DENSITY_CHANNELS = 16
"""Numbers per pixel and layer that the density branch gives; fixed in the official code."""

COLOUR_CHANNELS = 256
"""Channels of the rendered feature map; fixed in the official code."""


@dataclass(frozen=True)
class RenderConfig:
    """Official parameters of the renderer.

    Attributes:
        simpled_channel_rgb: channels of the colour branch, all layers together.
        simpled_channel_sigma: channels of the density branch, 16 per layer.
        floor_num: layers L along depth.
        hidden_size: width of the per-sample network.
    """

    simpled_channel_rgb: int
    simpled_channel_sigma: int
    floor_num: int
    hidden_size: int


@dataclass(frozen=True)
class Rendered:
    """Output of the renderer.

    Attributes:
        feature: (N, 256, h, w) in [0, 1].
        density: (N, 16, L, h, w), output of the density branch.
    """

    feature: Tensor
    density: Tensor


class LayeredConv(nn.Module):
    """3x3 convolution whose output channels are read as (channel, layer): index = channel * L + layer."""

    def __init__(self, in_features: int, out_features: int, layers: int) -> None:
        super().__init__()
        self.down_conv = nn.Conv2d(in_features, out_features, 3, padding=1)
        self.layers = layers

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, out / L, L, h, w)."""
        flat = self.down_conv(features)
        return torch.unflatten(flat, 1, (-1, self.layers))


class DensityBranch(LayeredConv):
    """`LayeredConv`, then three times a 3-D residual block and batch norm."""

    def __init__(self, in_features: int, out_features: int, layers: int) -> None:
        super().__init__(in_features, out_features, layers)
        self.res_conv3d = nn.Sequential()
        for _ in range(3):
            self.res_conv3d.append(ResBlock(DENSITY_CHANNELS, dims=3)).append(nn.BatchNorm3d(DENSITY_CHANNELS))

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, 16, L, h, w)."""
        density: Tensor = self.res_conv3d(super().forward(features))
        return density


class SampleNetwork(nn.Module):
    """Per-sample network: density vector and colour vector -> density and colour feature."""

    def __init__(self, rgb_channels: int, hidden: int) -> None:
        super().__init__()
        self.layer1 = nn.Linear(DENSITY_CHANNELS, hidden)
        self.layer2 = nn.Linear(hidden, hidden)
        self.layer3_1 = nn.Linear(hidden, 1)
        self.layer3_2 = nn.Linear(hidden, hidden // 4)
        self.layer3_3 = nn.Linear(rgb_channels, hidden)
        self.layer4 = nn.Linear(hidden + hidden // 4, hidden)
        self.layer5 = nn.Linear(hidden, hidden)
        self.layer6 = nn.Linear(hidden, COLOUR_CHANNELS)

    def forward(self, density: Tensor, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """(..., 16), (..., rgb) -> (..., 1) density before its ReLU, (..., 256) colour."""
        x = F.relu(self.layer2(F.relu(self.layer1(density))))
        x_rgb = torch.cat([F.relu(self.layer3_2(x)), F.relu(self.layer3_3(rgb))], dim=-1)
        return self.layer3_1(x), self.layer6(F.relu(self.layer5(F.relu(self.layer4(x_rgb)))))


def composite(density: Tensor, colour: Tensor) -> Tensor:
    """Add up the layers, nearest first, with unit steps.

    The weight of layer i is exp(-(s_0 + ... + s_i)) (1 - exp(-s_i)), s = ReLU(density): unlike the usual formula, the
    light is also dimmed by the layer itself.

    Args:
        density: (N, L, ..., 1).
        colour: (N, L, ..., C).

    Returns:
        (N, ..., C).
    """
    density = F.relu(density)
    weights = torch.exp(-density.cumsum(dim=1)) * (1 - torch.exp(-density))
    return (weights * colour).sum(dim=1)


class VolumeRenderer(nn.Module):
    """Warped features -> rendered features; `mini_decoder` makes an auxiliary image of them for training."""

    def __init__(self, in_features: int, config: RenderConfig, *, mini_decoder: bool) -> None:
        super().__init__()
        layers = config.floor_num
        self.rgb_predict = LayeredConv(in_features, config.simpled_channel_rgb, layers)
        self.sigma_predict = DensityBranch(in_features, config.simpled_channel_sigma, layers)
        self.nerf_module = SampleNetwork(config.simpled_channel_rgb // layers, config.hidden_size)
        image = nn.Sequential(UpBlock(COLOUR_CHANNELS, 64), nn.ReLU(), UpBlock(64, 3))
        self.mini_decoder = image if mini_decoder else None

    def forward(self, features: Tensor) -> Rendered:
        """(N, C, h, w) -> (N, 256, h, w)."""
        density = self.sigma_predict(features)  # (N, 16, L, h, w)
        rgb = self.rgb_predict(features)  # (N, rgb / L, L, h, w)
        sigma, colour = self.nerf_module(density.permute(0, 2, 3, 4, 1), rgb.permute(0, 2, 3, 4, 1))
        feature = torch.sigmoid(composite(sigma, colour))  # (N, h, w, 256)
        return Rendered(feature.permute(0, 3, 1, 2), density)

    def auxiliary_image(self, rendered: Rendered) -> Tensor | None:
        """(N, 3, 4h, 4w) in [0.5, 1], without influence on the prediction; None without `mini_decoder`."""
        return None if self.mini_decoder is None else torch.sigmoid(self.mini_decoder(rendered.feature))
