"""DaGAN's face depth network, in the layout of monodepth2.

Sources: Hong et al., CVPR 2022; Godard et al., Digging Into Self-Supervised Monocular Depth Estimation,
ICCV 2019 (network). What DaGAN uses is the raw sigmoid "disparity" in [0, 1], neither inverted nor rescaled.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.resnet import ResNet


@dataclass(frozen=True)
class DepthEncoderConfig:
    """ResNet depth: 18 in the demo, 50 in a second release."""

    num_layers: int


@dataclass(frozen=True)
class DepthDecoderConfig:
    """Official parameters of the decoder.

    Attributes:
        num_ch_enc: channels of the five encoder features, fine to coarse.
        scales: sizes 1 / 2**s that have an output.
        num_output_channels: 1.
        use_skips: concatenate the encoder features.
    """

    num_ch_enc: tuple[int, ...] = (64, 64, 128, 256, 512)
    scales: tuple[int, ...] = (0, 1, 2, 3)
    num_output_channels: int = 1
    use_skips: bool = True


DECODER_WIDTHS = (16, 32, 64, 128, 256)
"""Channels of the decoder at full size, 1/2, ..., 1/16."""


class DepthEncoder(nn.Module):
    """ResNet features of a shifted and scaled image; its `fc` layer is in the checkpoint and unused."""

    def __init__(self, config: DepthEncoderConfig) -> None:
        super().__init__()
        self.encoder = ResNet(config.num_layers)

    def forward(self, image: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [0, 1] -> five maps from 1/2 to 1/32."""
        return self.encoder.features((image - 0.45) / 0.225)


class ReflectConv(nn.Module):
    """3x3 convolution with reflection padding."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_features, out_features, 3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, H, W) -> (N, Cout, H, W)."""
        out: Tensor = self.conv(F.pad(x, (1, 1, 1, 1), mode="reflect"))
        return out


class EluBlock(nn.Module):
    """`ReflectConv`, then ELU."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.conv = ReflectConv(in_features, out_features)

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, H, W) -> (N, Cout, H, W)."""
        return F.elu(self.conv(x))


class DepthDecoder(nn.Module):
    """Five steps of block, nearest x2, skip, block; a sigmoid output per scale.

    `decoder` lists the ten blocks, coarse to fine, then the outputs by scale.
    """

    def __init__(self, config: DepthDecoderConfig) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        below = config.num_ch_enc[-1]
        for level in reversed(range(5)):
            width = DECODER_WIDTHS[level]
            skip = config.num_ch_enc[level - 1] if config.use_skips and level > 0 else 0
            blocks += [EluBlock(below, width), EluBlock(width + skip, width)]
            below = width
        blocks += [ReflectConv(DECODER_WIDTHS[scale], config.num_output_channels) for scale in config.scales]
        self.decoder = nn.ModuleList(blocks)
        self.config = config

    def forward(self, features: list[Tensor]) -> dict[int, Tensor]:
        """Encoder features -> scale s -> (N, 1, H/2**s, W/2**s) in [0, 1]."""
        x = features[-1]
        outputs: dict[int, Tensor] = {}
        for step, level in enumerate(reversed(range(5))):
            x = F.interpolate(self.decoder[2 * step](x), scale_factor=2, mode="nearest")
            if self.config.use_skips and level > 0:
                x = torch.cat([x, features[level - 1]], dim=1)
            x = self.decoder[2 * step + 1](x)
            if level in self.config.scales:
                head = self.decoder[10 + self.config.scales.index(level)]
                outputs[level] = torch.sigmoid(head(x))
        return outputs
