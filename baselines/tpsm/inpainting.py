"""TPSM's generator: features of every size warped, occluded and fused from coarse to fine.

Source: Zhao, Zhang, CVPR 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines._shared.motion.blocks import ConvBlock, DownBlock, ResBlock, UpBlock
from baselines._shared.motion.field import resize, resize_flow, warp
from baselines.tpsm.dense_motion import TpsMotion


@dataclass(frozen=True)
class InpaintingConfig:
    """Official parameters of the inpainting network.

    Attributes:
        num_channels: image channels.
        block_expansion: width at image size; level i has min(max_features, block_expansion * 2**i).
        max_features: largest width.
        num_down_blocks: halvings; 3 in all official configs.
        multi_mask: an occlusion map per size instead of one for all.
    """

    num_channels: int
    block_expansion: int
    max_features: int
    num_down_blocks: int
    multi_mask: bool

    def width(self, level: int) -> int:
        """Channels after `level` halvings."""
        width: int = min(self.max_features, self.block_expansion * 2**level)
        return width


@dataclass(frozen=True)
class Inpainted:
    """Output for N driving frames.

    Attributes:
        prediction: (N, 3, H, W) in [0, 1].
        deformed: (N, 3, H, W), the source image warped by the flow.
    """

    prediction: Tensor
    deformed: Tensor


class InpaintingNetwork(nn.Module):
    """Source features, flow and occlusion maps -> image. `resblock` and `up_blocks` are listed coarse to fine."""

    def __init__(self, config: InpaintingConfig, *, align_corners: bool = True) -> None:
        super().__init__()
        levels = config.num_down_blocks
        self.first = ConvBlock(config.num_channels, config.block_expansion, kernel=7, norm="instance")
        self.down_blocks, self.up_blocks, self.resblock = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for level in range(levels):
            self.down_blocks.append(DownBlock(config.width(level), config.width(level + 1), norm="instance"))
        for level in range(levels, 0, -1):
            features = config.width(level) * (1 if level == levels else 2)
            self.resblock.append(ResBlock(features, norm="instance"))
            self.resblock.append(ResBlock(features, norm="instance"))
            self.up_blocks.append(UpBlock(features, config.width(level - 1), norm="instance"))
        self.final = nn.Conv2d(config.block_expansion, config.num_channels, 7, padding=3)
        self.multi_mask = config.multi_mask
        self.align_corners = align_corners

    def encode(self, source: Tensor) -> list[Tensor]:
        """(1, 3, H, W) -> features at full size, 1/2, 1/4, ..."""
        features = [self.first(source)]
        for block in self.down_blocks:
            features.append(block(features[-1]))
        return features

    def forward(self, image: Tensor, encoding: list[Tensor], motion: TpsMotion) -> Inpainted:
        """Generate N frames.

        Args:
            image: (1, 3, H, W) source in [0, 1].
            encoding: of the source, from `encode`.
            motion: of N driving frames.
        """
        steps = len(self.up_blocks)
        x = self._warp(encoding[-1], motion) * self._occlusion(motion, 0, encoding[-1])
        for step, up in enumerate(self.up_blocks):
            x = up(self.resblock[2 * step + 1](self.resblock[2 * step](x)))
            skip = encoding[steps - 1 - step]
            occlusion = self._occlusion(motion, step + 1, skip)
            skip = self._warp(skip, motion) * occlusion
            if step < steps - 1:
                x = torch.cat([x, skip], dim=1)
        x = torch.sigmoid(self.final(x * (1 - occlusion) + skip))
        deformed = self._warp(image, motion)
        return Inpainted(x * (1 - occlusion) + deformed * occlusion, deformed)

    def _warp(self, features: Tensor, motion: TpsMotion) -> Tensor:
        size = (features.shape[2], features.shape[3])
        flow = resize_flow(motion.deformation, size, align_corners=True)
        return warp(features, flow, align_corners=self.align_corners)

    def _occlusion(self, motion: TpsMotion, index: int, features: Tensor) -> Tensor:
        occlusion = motion.occlusion[index if self.multi_mask else 0]
        return resize(occlusion, (features.shape[2], features.shape[3]), align_corners=True)
