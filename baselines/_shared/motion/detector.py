"""Keypoint detector with local affine transforms (FOMM section 3.1), shared by fomm, dagan, fnevr and g3fa."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.blocks import downscale_layer
from baselines._shared.motion.field import expected_position
from baselines._shared.motion.hourglass import Hourglass, HourglassSize
from baselines._shared.motion.keypoints import Keypoints


@dataclass(frozen=True)
class DetectorConfig:
    """Official parameters of the detector.

    Attributes:
        num_kp: keypoints K.
        num_channels: 3 for RGB, 4 for RGB and depth.
        block_expansion: see `HourglassSize`.
        max_features: see `HourglassSize`.
        num_blocks: see `HourglassSize`.
        temperature: divides the logits of the heatmaps.
        scale_factor: the detector works at this fraction of the image size.
        estimate_jacobian: with local affine transforms or points only.
        single_jacobian_map: one set of four maps for all keypoints.
        pad: padding of the two 7x7 output convolutions; 0 makes the heatmaps six pixels smaller.
    """

    num_kp: int
    num_channels: int
    block_expansion: int
    max_features: int
    num_blocks: int
    temperature: float
    scale_factor: float = 1.0
    estimate_jacobian: bool = False
    single_jacobian_map: bool = False
    pad: int = 0


class KeypointDetector(nn.Module):
    """Image -> K keypoints; position = mean of the coordinates under a softmax heatmap."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        size = HourglassSize(config.block_expansion, config.max_features, config.num_blocks)
        self.predictor = Hourglass(config.num_channels, size)
        features = self.predictor.out_features
        self.kp = nn.Conv2d(features, config.num_kp, 7, padding=config.pad)
        maps = 4 * (1 if config.single_jacobian_map else config.num_kp)
        self.jacobian = nn.Conv2d(features, maps, 7, padding=config.pad) if config.estimate_jacobian else None
        self.down = downscale_layer(config.num_channels, config.scale_factor)
        self.temperature = config.temperature

    def forward(self, image: Tensor) -> Keypoints:
        """(N, C, H, W) in [0, 1] -> keypoints of each image."""
        if self.down is not None:
            image = self.down(image)
        features = self.predictor(image)[-1]  # (N, F, h, w)
        logits = self.kp(features)  # (N, K, h-6, w-6) without padding
        heatmap = F.softmax(logits.flatten(2) / self.temperature, dim=2).view_as(logits)
        if self.jacobian is None:
            return Keypoints(expected_position(heatmap))
        maps = self.jacobian(features).unflatten(1, (-1, 4))  # (N, K or 1, 4, h-6, w-6)
        jacobian = (heatmap.unsqueeze(2) * maps).flatten(3).sum(-1)  # (N, K, 4)
        return Keypoints(expected_position(heatmap), jacobian.unflatten(2, (2, 2)))
