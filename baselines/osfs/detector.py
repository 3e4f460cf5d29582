"""Canonical 3-D keypoints of a face, read from its image (Wang et al., CVPR 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.blocks import DownBlock, UpBlock, conv_layer, downscale_layer
from baselines._shared.motion.field import expected_position
from baselines._shared.motion.hourglass import HourglassSize
from baselines._shared.motion.keypoints import Keypoints


@dataclass(frozen=True)
class CanonicalDetectorConfig:
    """Official parameters of the detector.

    Attributes:
        num_kp: keypoints K.
        image_channel: 3.
        block_expansion: see `HourglassSize`.
        max_features: see `HourglassSize`.
        num_blocks: see `HourglassSize`.
        reshape_channel: channels of the 2-D encoding before it is read as a volume.
        reshape_depth: depth D of the volume; reshape_channel / D channels remain.
        temperature: divides the logits of the heatmaps.
        scale_factor: the detector works at this fraction of the image size.
        estimate_jacobian: off in the official configs.
        single_jacobian_map: one set of nine maps for all keypoints.
    """

    num_kp: int
    image_channel: int
    block_expansion: int
    max_features: int
    num_blocks: int
    reshape_channel: int
    reshape_depth: int
    temperature: float
    scale_factor: float = 1.0
    estimate_jacobian: bool = False
    single_jacobian_map: bool = False


class VolumePredictor(nn.Module):
    """2-D encoder, 1x1 convolution read as a volume, 3-D decoder without skips."""

    def __init__(self, config: CanonicalDetectorConfig) -> None:
        super().__init__()
        size = HourglassSize(config.block_expansion, config.max_features, config.num_blocks)
        self.down_blocks, self.up_blocks = nn.Sequential(), nn.Sequential()
        features = config.image_channel
        for level in range(config.num_blocks):
            self.down_blocks.add_module(f"down{level}", DownBlock(features, size.width(level + 1)))
            features = size.width(level + 1)
        self.conv = nn.Conv2d(features, config.reshape_channel, 1)
        features = config.reshape_channel // config.reshape_depth
        for index, level in enumerate(reversed(range(config.num_blocks))):
            self.up_blocks.add_module(f"up{index}", UpBlock(features, size.width(level), dims=3))
            features = size.width(level)
        self.out_features = features
        self.reshape_depth = config.reshape_depth

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, h, w) -> (N, F, D, h, w)."""
        flat = self.conv(self.down_blocks(image))  # (N, C D, h/2**n, w/2**n)
        volume: Tensor = self.up_blocks(flat.unflatten(1, (-1, self.reshape_depth)))
        return volume


class CanonicalDetector(nn.Module):
    """Image -> K canonical keypoints in 3-D: mean of the coordinates under a softmax heatmap over the volume."""

    def __init__(self, config: CanonicalDetectorConfig) -> None:
        super().__init__()
        self.predictor = VolumePredictor(config)
        features = self.predictor.out_features
        self.kp = conv_layer(3, features, config.num_kp, 3)
        maps = 9 * (1 if config.single_jacobian_map else config.num_kp)
        self.jacobian = conv_layer(3, features, maps, 3) if config.estimate_jacobian else None
        self.down = downscale_layer(config.image_channel, config.scale_factor)
        self.temperature = config.temperature

    def forward(self, image: Tensor) -> Keypoints:
        """(N, 3, H, W) in [0, 1] -> (N, K, 3)."""
        if self.down is not None:
            image = self.down(image)
        features = self.predictor(image)  # (N, F, D, h, w)
        logits = self.kp(features)  # (N, K, D, h, w)
        heatmap = F.softmax(logits.flatten(2) / self.temperature, dim=2).view_as(logits)
        if self.jacobian is None:
            return Keypoints(expected_position(heatmap))
        maps = self.jacobian(features).unflatten(1, (-1, 9))  # (N, K or 1, 9, D, h, w)
        jacobian = (heatmap.unsqueeze(2) * maps).flatten(3).sum(-1)  # (N, K, 9)
        return Keypoints(expected_position(heatmap), jacobian.unflatten(2, (3, 3)))
