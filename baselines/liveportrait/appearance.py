"""Appearance feature extractor F: source image -> 3D feature volume (face-vid2vid, Wang et al., CVPR 2021)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from baselines.liveportrait.blocks import ConvNorm2d, ResBlock3d, widths


class AppearanceFeatureExtractor(nn.Module):
    """Two-dimensional encoder whose channels are folded into a depth axis, then 3D residual blocks.

    Args:
        image_channel: channels of the image.
        block_expansion: channels at full size; doubled at every smaller size.
        num_down_blocks: number of halvings.
        max_features: upper limit of the channels, and channels before folding.
        reshape_channel: channels C of the volume.
        reshape_depth: depth D of the volume; C * D = max_features.
        num_resblocks: 3D residual blocks.
    """

    def __init__(
        self,
        image_channel: int = 3,
        block_expansion: int = 64,
        num_down_blocks: int = 2,
        max_features: int = 512,
        reshape_channel: int = 32,
        reshape_depth: int = 16,
        num_resblocks: int = 6,
    ) -> None:
        super().__init__()
        channels = widths(block_expansion, max_features, num_down_blocks)
        self.volume = (reshape_channel, reshape_depth)
        self.first = ConvNorm2d(image_channel, block_expansion)
        self.down_blocks = nn.ModuleList(ConvNorm2d(inside, outside) for inside, outside in pairwise(channels))
        self.second = nn.Conv2d(channels[-1], max_features, 1)
        self.resblocks_3d = nn.Sequential()
        for index in range(num_resblocks):
            self.resblocks_3d.add_module(f"3dr{index}", ResBlock3d(reshape_channel))

    def forward(self, source: Tensor) -> Tensor:
        """(B, 3, H, W) RGB in [0, 1] -> (B, C, D, H / 4, W / 4)."""
        x = functional.relu(self.first(source))  # (B, 64, H, W)
        for block in self.down_blocks:
            x = functional.avg_pool2d(functional.relu(block(x)), 2)
        x = self.second(x).unflatten(1, self.volume)  # (B, C * D, H/4, W/4) -> (B, C, D, H/4, W/4)
        volume: Tensor = self.resblocks_3d(x)
        return volume
