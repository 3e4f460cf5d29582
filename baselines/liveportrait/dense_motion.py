"""Dense motion: keypoints of source and driving -> a 3D deformation and an occlusion map (face-vid2vid)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.liveportrait.blocks import ConvNorm3d, widths

VARIANCE = 0.01
"""Variance of the Gaussian around a keypoint, in squared units of the [-1, 1] grid."""


@dataclass(frozen=True)
class DenseMotion:
    """Where to look in the source volume.

    Attributes:
        mask: (B, K + 1, D, H, W) share of every candidate motion; background first.
        deformation: (B, D, H, W, 3) x, y, z positions in [-1, 1].
        occlusion: (B, 1, H, W) in [0, 1], 1 where the source is visible.
    """

    mask: Tensor
    deformation: Tensor
    occlusion: Tensor


class HourglassEncoder(nn.Module):
    """Halves height and width at each level; depth is kept."""

    def __init__(self, in_channels: int, channels: list[int]) -> None:
        super().__init__()
        pairs = zip([in_channels, *channels[1:-1]], channels[1:], strict=True)
        self.down_blocks = nn.ModuleList(ConvNorm3d(inside, outside) for inside, outside in pairs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, C, D, H, W) -> maps of size H, H/2, ..., H/2^levels."""
        maps = [x]
        for block in self.down_blocks:
            maps.append(functional.avg_pool3d(functional.relu(block(maps[-1])), (1, 2, 2)))
        return maps


class HourglassDecoder(nn.Module):
    """Doubles height and width at each level and joins the encoder map of that size."""

    def __init__(self, in_channels: int, channels: list[int]) -> None:
        super().__init__()
        deep_first = channels[::-1]  # deepest width, ..., base width
        joined = [deep_first[0], *(2 * width for width in deep_first[1:-1])]
        pairs = zip(joined, deep_first[1:], strict=True)
        self.up_blocks = nn.ModuleList(ConvNorm3d(inside, outside) for inside, outside in pairs)
        self.out_channels = channels[0] + in_channels
        self.conv = nn.Conv3d(self.out_channels, self.out_channels, 3, padding=1)
        self.norm = nn.BatchNorm3d(self.out_channels)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Encoder maps -> (B, base + C, D, H, W)."""
        x = maps[-1]
        for block, skip in zip(self.up_blocks, maps[-2::-1], strict=True):
            x = functional.relu(block(functional.interpolate(x, scale_factor=(1.0, 2.0, 2.0))))
            x = torch.cat([x, skip], dim=1)
        return functional.relu(self.norm(self.conv(x)))


class Hourglass(nn.Module):
    """U-shaped 3D network that never pools depth."""

    def __init__(self, in_channels: int, block_expansion: int, num_blocks: int, max_features: int) -> None:
        super().__init__()
        channels = widths(block_expansion, max_features, num_blocks)
        self.encoder = HourglassEncoder(in_channels, channels)
        self.decoder = HourglassDecoder(in_channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, D, H, W) -> (B, base + C, D, H, W)."""
        features: Tensor = self.decoder(self.encoder(x))
        return features


class DenseMotionNetwork(nn.Module):
    """Chooses for every place of the volume which keypoint's motion it follows.

    Args:
        num_kp: number of keypoints K.
        feature_channel: channels of the appearance volume.
        block_expansion: hourglass channels at full size.
        max_features: upper limit of the hourglass channels.
        num_blocks: hourglass levels.
        reshape_depth: depth D of the volume.
        compress: channels the volume is reduced to before it is moved with every keypoint.
    """

    def __init__(
        self,
        num_kp: int,
        feature_channel: int,
        block_expansion: int,
        max_features: int,
        num_blocks: int,
        reshape_depth: int,
        compress: int,
    ) -> None:
        super().__init__()
        self.compress = nn.Conv3d(feature_channel, compress, 1)
        self.norm = nn.BatchNorm3d(compress)
        self.hourglass = Hourglass((num_kp + 1) * (compress + 1), block_expansion, num_blocks, max_features)
        channels = self.hourglass.decoder.out_channels
        self.mask = nn.Conv3d(channels, num_kp + 1, 7, padding=3)
        self.occlusion = nn.Conv2d(channels * reshape_depth, 1, 7, padding=3)

    def forward(self, feature: Tensor, kp_driving: Tensor, kp_source: Tensor) -> DenseMotion:
        """feature: (B, C, D, H, W), keypoints: (B, K, 3) in [-1, 1], x y z."""
        grid = identity_grid(feature)
        motions = candidate_motions(grid, kp_driving, kp_source)  # (B, K + 1, D, H, W, 3)
        small = functional.relu(self.norm(self.compress(feature)))  # (B, c, D, H, W)
        moved = move_with_every_motion(small, motions)  # (B, K + 1, c, D, H, W)
        heat = heatmaps(grid, kp_driving, kp_source)[:, :, None]  # (B, K + 1, 1, D, H, W)
        features = self.hourglass(torch.cat([heat, moved], dim=2).flatten(1, 2))
        mask = self.mask(features).softmax(dim=1)
        return DenseMotion(
            mask=mask,
            deformation=(mask[..., None] * motions).sum(dim=1),
            occlusion=self.occlusion(features.flatten(1, 2)).sigmoid(),
        )


def identity_grid(feature: Tensor) -> Tensor:
    """(D, H, W, 3) positions x, y, z of the volume's cells, corners at -1 and 1."""
    depth, height, width = feature.shape[2:]
    axes = [torch.linspace(-1, 1, size, device=feature.device, dtype=feature.dtype) for size in (depth, height, width)]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([x, y, z], dim=-1)


def candidate_motions(grid: Tensor, kp_driving: Tensor, kp_source: Tensor) -> Tensor:
    """(B, K + 1, D, H, W, 3): the grid itself (background), then the grid shifted with every keypoint."""
    shift = functional.pad(kp_source - kp_driving, (0, 0, 1, 0))  # (B, K + 1, 3), zero first
    return grid + shift[:, :, None, None, None]


def move_with_every_motion(feature: Tensor, motions: Tensor) -> Tensor:
    """(B, c, D, H, W) sampled at each of (B, K + 1, D, H, W, 3) -> (B, K + 1, c, D, H, W)."""
    batch, count = motions.shape[:2]
    repeated = feature[:, None].expand(-1, count, -1, -1, -1, -1).flatten(0, 1)
    moved = functional.grid_sample(repeated, motions.flatten(0, 1), align_corners=False)
    return moved.reshape(batch, count, *feature.shape[1:])


def heatmaps(grid: Tensor, kp_driving: Tensor, kp_source: Tensor) -> Tensor:
    """(B, K + 1, D, H, W): Gaussian at the driving keypoint minus the one at the source; zero for the background."""
    difference = _gaussian(grid, kp_driving) - _gaussian(grid, kp_source)
    return functional.pad(difference, (0, 0, 0, 0, 0, 0, 1, 0))


def _gaussian(grid: Tensor, keypoints: Tensor) -> Tensor:
    distance = (grid - keypoints[:, :, None, None, None]).square().sum(dim=-1)  # (B, K, D, H, W)
    return torch.exp(-0.5 * distance / VARIANCE)
