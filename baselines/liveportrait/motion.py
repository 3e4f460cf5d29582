"""Motion extractor M and what it sees: canonical keypoints, expression, head pose, scale, translation."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from baselines.liveportrait.convnext import EPSILON, downsamplers, stages

BINS = 66
"""Classes of each head-pose angle, 3 degrees apart from -97.5."""

BACKBONES = {"convnextv2_tiny": ((3, 3, 9, 3), (96, 192, 384, 768))}
"""Name in the official configuration -> (depths, widths)."""


@dataclass(frozen=True)
class Motion:
    """Motion of T faces.

    Attributes:
        pitch: (T, 1) degrees.
        yaw: (T, 1) degrees.
        roll: (T, 1) degrees.
        t: (T, 3) translation; the z part is never used.
        exp: (T, K, 3) expression offsets of the keypoints.
        scale: (T, 1).
        kp: (T, K, 3) canonical keypoints.
    """

    pitch: Tensor
    yaw: Tensor
    roll: Tensor
    t: Tensor
    exp: Tensor
    scale: Tensor
    kp: Tensor

    @property
    def rotation(self) -> Tensor:
        """(T, 3, 3) head rotation, for row vectors: keypoints @ rotation."""
        return rotation_matrix(self.pitch, self.yaw, self.roll)

    @property
    def keypoints(self) -> Tensor:
        """(T, K, 3) posed keypoints."""
        return posed(self.kp, self.rotation, self.exp, self.scale, self.t)

    def select(self, frames: slice) -> Motion:
        """Motion of some of the faces."""
        return Motion(*(getattr(self, field.name)[frames] for field in fields(self)))


def posed(kp: Tensor, rotation: Tensor, exp: Tensor, scale: Tensor, t: Tensor) -> Tensor:
    """scale * (kp @ rotation + exp) + (tx, ty, 0): shapes as in `Motion`, a batch of 1 serves all T."""
    flat = t * torch.tensor([1.0, 1.0, 0.0], device=t.device, dtype=t.dtype)
    return scale[:, :, None] * (kp @ rotation + exp) + flat[:, None]


def angle_degrees(logits: Tensor) -> Tensor:
    """(T, 66) class logits -> (T, 1) expected angle in degrees."""
    index = torch.arange(logits.shape[1], device=logits.device, dtype=logits.dtype)
    return (logits.softmax(dim=1) * index).sum(dim=1, keepdim=True) * 3 - 97.5


def rotation_matrix(pitch: Tensor, yaw: Tensor, roll: Tensor) -> Tensor:
    """(T, 1) angles in degrees -> (T, 3, 3): transpose of Rz(roll) Ry(yaw) Rx(pitch)."""
    x, y, z = (torch.deg2rad(angle[:, 0]) for angle in (pitch, yaw, roll))
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    about_x = _matrix((one, zero, zero), (zero, x.cos(), -x.sin()), (zero, x.sin(), x.cos()))
    about_y = _matrix((y.cos(), zero, y.sin()), (zero, one, zero), (-y.sin(), zero, y.cos()))
    about_z = _matrix((z.cos(), -z.sin(), zero), (z.sin(), z.cos(), zero), (zero, zero, one))
    return (about_z @ about_y @ about_x).transpose(1, 2)


def _matrix(*rows: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)  # (T, 3, 3)


class Detector(nn.Module):
    """ConvNeXt V2 with one linear head per quantity."""

    def __init__(self, num_kp: int, backbone: str) -> None:
        super().__init__()
        depths, dims = BACKBONES[backbone]
        self.downsample_layers = downsamplers(dims)
        self.stages = stages(depths, dims)
        self.norm = nn.LayerNorm(dims[-1], eps=EPSILON)
        self.fc_kp = nn.Linear(dims[-1], 3 * num_kp)
        self.fc_scale = nn.Linear(dims[-1], 1)
        self.fc_pitch = nn.Linear(dims[-1], BINS)
        self.fc_yaw = nn.Linear(dims[-1], BINS)
        self.fc_roll = nn.Linear(dims[-1], BINS)
        self.fc_t = nn.Linear(dims[-1], 3)
        self.fc_exp = nn.Linear(dims[-1], 3 * num_kp)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """(T, 3, H, W) -> raw heads: pitch, yaw, roll (T, 66), t (T, 3), exp and kp (T, 3K), scale (T, 1)."""
        x = images
        for downsample, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(downsample(x))  # (T, C, H/4, W/4) ... (T, 768, H/32, W/32)
        x = self.norm(x.mean(dim=(2, 3)))  # (T, 768)
        return {
            "pitch": self.fc_pitch(x),
            "yaw": self.fc_yaw(x),
            "roll": self.fc_roll(x),
            "t": self.fc_t(x),
            "exp": self.fc_exp(x),
            "scale": self.fc_scale(x),
            "kp": self.fc_kp(x),
        }


class MotionExtractor(nn.Module):
    """Motion of every image of a batch.

    Args:
        num_kp: number of keypoints K.
        backbone: a name in `BACKBONES`.
    """

    def __init__(self, num_kp: int = 21, backbone: str = "convnextv2_tiny") -> None:
        super().__init__()
        self.num_kp = num_kp
        self.detector = Detector(num_kp, backbone)

    def forward(self, images: Tensor) -> Motion:
        """(T, 3, 256, 256) RGB in [0, 1] -> motion of T faces."""
        raw = self.detector(images)
        return Motion(
            pitch=angle_degrees(raw["pitch"]),
            yaw=angle_degrees(raw["yaw"]),
            roll=angle_degrees(raw["roll"]),
            t=raw["t"],
            exp=raw["exp"].unflatten(1, (self.num_kp, 3)),
            scale=raw["scale"],
            kp=raw["kp"].unflatten(1, (self.num_kp, 3)),
        )
