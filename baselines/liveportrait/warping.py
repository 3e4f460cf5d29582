"""Warping module W: moves the source's feature volume to the driving keypoints and flattens it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from baselines.liveportrait.blocks import ConvNorm2d
from baselines.liveportrait.dense_motion import DenseMotion, DenseMotionNetwork


@dataclass(frozen=True)
class DenseMotionConfig:
    """Sizes of the dense-motion network; the defaults are the released model's (see `DenseMotionNetwork`)."""

    block_expansion: int = 32
    max_features: int = 1024
    num_blocks: int = 5
    reshape_depth: int = 16
    compress: int = 4


class WarpingModule(nn.Module):
    """Dense motion, warp, and two convolutions that turn the volume into a flat map.

    Args:
        num_kp: number of keypoints.
        block_expansion: with `num_down_blocks` halvings the flat map has block_expansion * 2^num_down_blocks channels.
        max_features: channels of the volume times its depth.
        num_down_blocks: see `block_expansion`.
        reshape_channel: channels of the volume.
        dense_motion: sizes of the dense-motion network.
    """

    def __init__(
        self,
        num_kp: int = 21,
        block_expansion: int = 64,
        max_features: int = 512,
        num_down_blocks: int = 2,
        reshape_channel: int = 32,
        dense_motion: DenseMotionConfig = DenseMotionConfig(),
    ) -> None:
        super().__init__()
        self.dense_motion_network = DenseMotionNetwork(
            num_kp,
            reshape_channel,
            dense_motion.block_expansion,
            dense_motion.max_features,
            dense_motion.num_blocks,
            dense_motion.reshape_depth,
            dense_motion.compress,
        )
        channels = block_expansion * 2**num_down_blocks
        self.third = ConvNorm2d(max_features, channels)
        self.fourth = nn.Conv2d(channels, channels, 1)

    def forward(self, feature: Tensor, kp_driving: Tensor, kp_source: Tensor) -> tuple[Tensor, DenseMotion]:
        """Warp source volumes.

        Args:
            feature: (B, C, D, H, W) appearance volume of the source.
            kp_driving: (B, K, 3) posed keypoints to reach.
            kp_source: (B, K, 3) posed keypoints of the source.

        Returns:
            (B, 4 * block_expansion, H, W) map for the generator, and the dense motion behind it.
        """
        motion = self.dense_motion_network(feature, kp_driving, kp_source)
        warped = functional.grid_sample(feature, motion.deformation, align_corners=False)
        flat = functional.leaky_relu(self.third(warped.flatten(1, 2)), 0.01)  # (B, C * D, H, W) -> (B, 256, H, W)
        return self.fourth(flat) * motion.occlusion, motion
