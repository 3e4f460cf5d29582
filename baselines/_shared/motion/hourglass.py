"""The hourglass (U-Net) that both the keypoint detectors and the dense-motion networks use."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.blocks import DownBlock, Norm, UpBlock, conv_layer, norm_layer


@dataclass(frozen=True)
class HourglassSize:
    """Width and depth of an hourglass.

    Attributes:
        block_expansion: width at full size; level i has min(max_features, block_expansion * 2**i) channels.
        max_features: largest width.
        num_blocks: number of halvings.
    """

    block_expansion: int
    max_features: int
    num_blocks: int

    def width(self, level: int) -> int:
        """Channels at level 0 (full size) ... num_blocks (coarsest)."""
        width: int = min(self.max_features, self.block_expansion * 2**level)
        return width


class HourglassEncoder(nn.Module):
    """`num_blocks` down blocks."""

    def __init__(self, in_features: int, size: HourglassSize, dims: int, norm: Norm) -> None:
        super().__init__()
        widths = [in_features] + [size.width(level) for level in range(1, size.num_blocks + 1)]
        self.down_blocks = nn.ModuleList(
            DownBlock(before, after, dims=dims, norm=norm) for before, after in itertools.pairwise(widths)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Input first, then the output of every block, coarser and coarser."""
        features = [x]
        for block in self.down_blocks:
            features.append(block(features[-1]))
        return features


class HourglassDecoder(nn.Module):
    """`num_blocks` up blocks, each followed by the skip of its size: channels [up, skip].

    In 3-D one more conv -> norm -> ReLU follows on the last, concatenated result.
    """

    def __init__(self, in_features: int, size: HourglassSize, dims: int, norm: Norm) -> None:
        super().__init__()
        blocks = []
        for level in reversed(range(size.num_blocks)):
            skip = 0 if level == size.num_blocks - 1 else size.width(level + 1)
            blocks.append(UpBlock(size.width(level + 1) + skip, size.width(level), dims=dims, norm=norm))
        self.up_blocks = nn.ModuleList(blocks)
        self.out_features = size.width(0) + in_features
        if dims == 3:
            self.conv = conv_layer(dims, self.out_features, self.out_features, 3)
            self.norm = norm_layer(dims, self.out_features, norm)
        self.dims = dims

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Outputs of all steps, coarse to fine; the last one has the size of the hourglass input."""
        x = features[-1]
        outputs = []
        for block, skip in zip(self.up_blocks, reversed(features[:-1]), strict=True):
            x = torch.cat([block(x), skip], dim=1)
            outputs.append(x)
        if self.dims == 3:
            outputs[-1] = F.relu(self.norm(self.conv(x)))
        return outputs


class Hourglass(nn.Module):
    """Encoder and decoder; the input itself is the last skip, so it has block_expansion + in_features output channels.

    Args:
        in_features: input channels.
        size: widths.
        dims: 2 for images, 3 for volumes (depth is never pooled).
        norm: normalisation of every block.
    """

    def __init__(self, in_features: int, size: HourglassSize, *, dims: int = 2, norm: Norm = "batch") -> None:
        super().__init__()
        self.encoder = HourglassEncoder(in_features, size, dims, norm)
        self.decoder = HourglassDecoder(in_features, size, dims, norm)
        self.out_features = self.decoder.out_features

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, C, *S) -> decoder outputs, coarse to fine; the last is (N, out_features, *S)."""
        outputs: list[Tensor] = self.decoder(self.encoder(x))
        return outputs
