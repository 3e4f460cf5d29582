"""Head pose and expression: the estimator network, angles from its logits, and the keypoint transform.

Source: Wang et al., One-Shot Free-View Neural Talking-Head Synthesis for Video Conferencing, CVPR 2021; angles from 66
bins of three degrees as in Ruiz et al., Fine-Grained Head Pose Estimation Without Keypoints, CVPRW 2018.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.keypoints import Keypoints

PI = 3.14
"""The value of pi in the official code; the networks were trained with it."""


@dataclass(frozen=True)
class HeadPoseConfig:
    """Official parameters of the estimator.

    Attributes:
        block_expansion: width of the first convolution; the others are fixed.
        num_kp: keypoints K, each with its own expression offset.
        num_bins: bins per angle.
    """

    block_expansion: int
    num_kp: int
    num_bins: int = 66


@dataclass(frozen=True)
class HeadPose:
    """Raw output of the estimator for N images.

    Attributes:
        yaw: (N, bins) logits.
        pitch: (N, bins) logits.
        roll: (N, bins) logits.
        translation: (N, 3).
        expression: (N, 3 K), an offset x, y, z per keypoint.
    """

    yaw: Tensor
    pitch: Tensor
    roll: Tensor
    translation: Tensor
    expression: Tensor

    def degrees(self) -> Tensor:
        """(N, 3) yaw, pitch, roll in degrees."""
        return torch.stack([degrees(logits) for logits in (self.yaw, self.pitch, self.roll)], dim=1)


@dataclass(frozen=True)
class FreeView:
    """Angles in degrees that replace those of the driving frames; None keeps them."""

    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None

    def apply(self, angles: Tensor) -> Tensor:
        """(N, 3) yaw, pitch, roll in degrees -> the same with the given angles replaced."""
        angles = angles.clone()
        for index, angle in enumerate((self.yaw, self.pitch, self.roll)):
            if angle is not None:
                angles[:, index] = angle
        return angles


def degrees(logits: Tensor) -> Tensor:
    """Expected angle under the bins: (N, bins) -> (N,) = 3 sum_i softmax_i i - 99, in degrees."""
    bins = torch.arange(logits.shape[1], device=logits.device, dtype=logits.dtype)
    return 3 * (F.softmax(logits, dim=1) * bins).sum(dim=1) - 99


def rotation(angles: Tensor) -> Tensor:
    """Rx(pitch) Ry(yaw) Rz(roll): (N, 3) yaw, pitch, roll in degrees -> (N, 3, 3)."""
    radians = angles / 180 * PI
    (sy, sp, sr), (cy, cp, cr) = torch.sin(radians).unbind(1), torch.cos(radians).unbind(1)
    zero, one = torch.zeros_like(sy), torch.ones_like(sy)
    about_x = torch.stack([one, zero, zero, zero, cp, -sp, zero, sp, cp], dim=1)
    about_y = torch.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy], dim=1)
    about_z = torch.stack([cr, -sr, zero, sr, cr, zero, zero, zero, one], dim=1)
    return about_x.view(-1, 3, 3) @ about_y.view(-1, 3, 3) @ about_z.view(-1, 3, 3)


def pose_keypoints(canonical: Keypoints, pose: HeadPose, view: FreeView) -> Keypoints:
    """Put the canonical keypoints of one face into N poses: R x + t + expression (which is not rotated).

    Args:
        canonical: (1, K, 3).
        pose: of N images.
        view: angles that replace those of `pose`.

    Returns:
        (N, K, 3); Jacobians, if any, are rotated.
    """
    matrix = rotation(view.apply(pose.degrees()))  # (N, 3, 3)
    value = canonical.value @ matrix.transpose(1, 2) + pose.translation.unsqueeze(1)
    value = value + pose.expression.view_as(value)
    return Keypoints(value, None if canonical.jacobian is None else matrix.unsqueeze(1) @ canonical.jacobian)


class Bottleneck(nn.Module):
    """1x1, 3x3 (stride) and 1x1 convolution, a quarter as wide inside; all convolutions have biases."""

    def __init__(self, features: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features, features // 4, 1)
        self.conv2 = nn.Conv2d(features // 4, features // 4, 3, stride=stride, padding=1)
        self.conv3 = nn.Conv2d(features // 4, features, 1)
        self.norm1 = nn.BatchNorm2d(features // 4)
        self.norm2 = nn.BatchNorm2d(features // 4)
        self.norm3 = nn.BatchNorm2d(features)
        self.strided = stride != 1
        if self.strided:
            self.skip = nn.Conv2d(features, features, 1, stride=stride)
            self.norm4 = nn.BatchNorm2d(features)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H/stride, W/stride)."""
        out = F.relu(self.norm1(self.conv1(x)))
        out = F.relu(self.norm2(self.conv2(out)))
        shortcut = self.norm4(self.skip(x)) if self.strided else x
        return F.relu(self.norm3(self.conv3(out)) + shortcut)


def _bottlenecks(prefix: str, features: int, number: int) -> nn.Sequential:
    blocks = nn.Sequential()
    for index in range(number):
        blocks.add_module(f"{prefix}_{index}", Bottleneck(features))
    return blocks


class HeadPoseEstimator(nn.Module):
    """Image -> three angles, translation and expression; a ResNet-50 of the official code's own making."""

    def __init__(self, config: HeadPoseConfig) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, config.block_expansion, 7, stride=2, padding=3)
        self.norm1 = nn.BatchNorm2d(config.block_expansion)
        self.conv2, self.norm2 = nn.Conv2d(config.block_expansion, 256, 1), nn.BatchNorm2d(256)
        self.block1 = _bottlenecks("b1", 256, 3)
        self.conv3, self.norm3 = nn.Conv2d(256, 512, 1), nn.BatchNorm2d(512)
        self.block2, self.block3 = Bottleneck(512, stride=2), _bottlenecks("b3", 512, 3)
        self.conv4, self.norm4 = nn.Conv2d(512, 1024, 1), nn.BatchNorm2d(1024)
        self.block4, self.block5 = Bottleneck(1024, stride=2), _bottlenecks("b5", 1024, 5)
        self.conv5, self.norm5 = nn.Conv2d(1024, 2048, 1), nn.BatchNorm2d(2048)
        self.block6, self.block7 = Bottleneck(2048, stride=2), _bottlenecks("b7", 2048, 2)
        self.fc_roll = nn.Linear(2048, config.num_bins)
        self.fc_pitch = nn.Linear(2048, config.num_bins)
        self.fc_yaw = nn.Linear(2048, config.num_bins)
        self.fc_t = nn.Linear(2048, 3)
        self.fc_exp = nn.Linear(2048, 3 * config.num_kp)

    def forward(self, image: Tensor) -> HeadPose:
        """(N, 3, H, W) in [0, 1], full size."""
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(image))), 3, stride=2, padding=1)
        x = self.block1(F.relu(self.norm2(self.conv2(x))))
        x = self.block3(self.block2(F.relu(self.norm3(self.conv3(x)))))
        x = self.block5(self.block4(F.relu(self.norm4(self.conv4(x)))))
        x = self.block7(self.block6(F.relu(self.norm5(self.conv5(x)))))
        x = x.mean(dim=(2, 3))  # (N, 2048)
        # The official layer names of yaw and roll are exchanged, and the weights are trained that way.
        return HeadPose(
            yaw=self.fc_roll(x),
            pitch=self.fc_pitch(x),
            roll=self.fc_yaw(x),
            translation=self.fc_t(x),
            expression=self.fc_exp(x),
        )
