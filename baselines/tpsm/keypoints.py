"""TPSM's small networks: keypoints, background motion, and animation via disentanglement (avd).

Source: Zhao, Zhang, Thin-Plate Spline Motion Model for Image Animation, CVPR 2022. The avd network is that of
Siarohin et al., Motion Representations for Articulated Animation, CVPR 2021.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.resnet import ResNet

POINTS_PER_TPS = 5
"""Consecutive keypoints that define one thin-plate spline."""


class TpsDetector(nn.Module):
    """ResNet-18 that gives 5 * num_tps keypoints; the image is not normalised."""

    def __init__(self, num_tps: int) -> None:
        super().__init__()
        self.fg_encoder = ResNet(18, outputs=num_tps * POINTS_PER_TPS * 2)

    def forward(self, image: Tensor) -> Keypoints:
        """(N, 3, H, W) in [0, 1] -> (N, K, 2) in (-1, 1)."""
        raw = self.fg_encoder(image)
        return Keypoints((2 * torch.sigmoid(raw) - 1).view(image.shape[0], -1, 2))


class BackgroundPredictor(nn.Module):
    """ResNet-18 that reads an affine background motion from two images; the official demo does without it."""

    def __init__(self) -> None:
        super().__init__()
        self.bg_encoder = ResNet(18, in_channels=6, outputs=6)

    def forward(self, source: Tensor, driving: Tensor) -> Tensor:
        """(1, 3, H, W), (N, 3, H, W) in [0, 1] -> (N, 3, 3), driving -> source, last row 0 0 1."""
        pair = torch.cat([source.expand_as(driving), driving], dim=1)
        rows = self.bg_encoder(pair).view(-1, 2, 3)
        last = torch.tensor([0.0, 0.0, 1.0], device=rows.device, dtype=rows.dtype)
        return torch.cat([rows, last.expand(rows.shape[0], 1, 3)], dim=1)


@dataclass(frozen=True)
class AvdConfig:
    """Official parameters of the avd network.

    Attributes:
        num_tps: splines; 5 keypoints each.
        id_bottle_size: numbers that describe the identity.
        pose_bottle_size: numbers that describe the pose.
    """

    num_tps: int
    id_bottle_size: int
    pose_bottle_size: int


def _mlp(*widths: int) -> nn.Sequential:
    """Linear, batch norm, ReLU for every width but the last, which is linear only."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths[:-1]):
        layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


class AvdNetwork(nn.Module):
    """Keypoints with the pose of the driving frame and the identity of the source."""

    def __init__(self, config: AvdConfig) -> None:
        super().__init__()
        size = config.num_tps * POINTS_PER_TPS * 2
        self.id_encoder = _mlp(size, 256, 512, 1024, config.id_bottle_size)
        self.pose_encoder = _mlp(size, 256, 512, 1024, config.pose_bottle_size)
        self.decoder = _mlp(config.pose_bottle_size + config.id_bottle_size, 1024, 512, 256, size)

    def forward(self, source: Keypoints, driving: Keypoints) -> Keypoints:
        """(1, K, 2), (N, K, 2) -> (N, K, 2)."""
        pose = self.pose_encoder(driving.value.flatten(1))
        identity = self.id_encoder(source.value.flatten(1)).expand(pose.shape[0], -1)
        return Keypoints(self.decoder(torch.cat([pose, identity], dim=1)).view_as(driving.value))
