"""Thin-plate splines between two sets of keypoints, and the network that blends them into a dense flow.

Source: Zhao, Zhang, CVPR 2022; thin-plate splines: Bookstein, IEEE TPAMI 1989.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.linear import solve
from baselines._shared.motion.blocks import UpBlock, downscale_layer
from baselines._shared.motion.field import coordinate_grid, heatmap_difference, warp_each
from baselines._shared.motion.hourglass import Hourglass, HourglassSize
from baselines._shared.motion.keypoints import Keypoints
from baselines.tpsm.keypoints import POINTS_PER_TPS

RIDGE = 0.01
"""Added to the whole diagonal of the spline system."""

OCCLUSION_MAPS = 4
"""Occlusion maps with `multi_mask`: at 1/8, 1/4, 1/2 and full image size when the flow has 1/4."""


@dataclass(frozen=True)
class TpsMotionConfig:
    """Official parameters of the dense-motion network.

    Attributes:
        num_tps: thin-plate splines; 5 keypoints each.
        num_channels: image channels.
        block_expansion: see `HourglassSize`.
        max_features: see `HourglassSize`.
        num_blocks: see `HourglassSize`.
        scale_factor: the flow is estimated at this fraction of the image size.
        multi_mask: four occlusion maps instead of one.
        kp_variance: variance of the heatmaps.
    """

    num_tps: int
    num_channels: int
    block_expansion: int
    max_features: int
    num_blocks: int
    scale_factor: float
    multi_mask: bool
    kp_variance: float = 0.01


@dataclass(frozen=True)
class TpsMotion:
    """Output of the dense-motion network for N driving frames.

    Attributes:
        contribution_maps: (N, T+1, h, w) softmax weights of background and splines.
        deformation: (N, h, w, 2) coordinates in the source.
        deformed_source: (N, T+1, 3, h, w), the small source warped by each of the motions.
        occlusion: maps (N, 1, ., .) in [0, 1], coarse to fine.
    """

    contribution_maps: Tensor
    deformation: Tensor
    deformed_source: Tensor
    occlusion: list[Tensor]


def radial(squared: Tensor) -> Tensor:
    """U(r^2) = r^2 log(r^2 + 1e-9)."""
    return squared * torch.log(squared + 1e-9)


def tps_motions(source: Keypoints, driving: Keypoints, size: tuple[int, int]) -> Tensor:
    """Where each cell comes from under each spline, driving -> source.

    For each group of five driving points p and source points q the regularised system [[U, P], [P^T, 0]] + 0.01 I
    with P = [x, y, 1] is solved for the radial weights w and the affine part A:
    z -> A [z, 1] + sum_i w_i U(|z - p_i|^2).

    Args:
        source: (1 or N, 5 T, 2).
        driving: (N, 5 T, 2).
        size: (h, w).

    Returns:
        (N, T, h, w, 2) coordinates in the source.
    """
    count = len(driving)
    p = driving.value.view(count, -1, POINTS_PER_TPS, 2)  # (N, T, 5, 2)
    q = source.value.expand_as(driving.value).reshape_as(p)
    distances = ((p.unsqueeze(3) - p.unsqueeze(2)) ** 2).sum(-1)  # (N, T, 5, 5)
    affine = torch.cat([p, torch.ones_like(p[..., :1])], dim=-1)  # (N, T, 5, 3)
    top = torch.cat([radial(distances), affine], dim=-1)
    bottom = F.pad(affine.transpose(2, 3), (0, 3))
    system = torch.cat([top, bottom], dim=2)  # (N, T, 8, 8)
    system = system + RIDGE * torch.eye(system.shape[-1], device=p.device, dtype=p.dtype)
    solution = solve(system, F.pad(q, (0, 0, 0, 3)))  # (N, T, 8, 2)
    weights, matrix = solution[:, :, :POINTS_PER_TPS], solution[:, :, POINTS_PER_TPS:]

    grid = coordinate_grid(size, p).flatten(0, 1)  # (hw, 2)
    homogeneous = torch.cat([grid, torch.ones_like(grid[:, :1])], dim=1)  # (hw, 3)
    basis = radial(((grid[:, None] - p.unsqueeze(2)) ** 2).sum(-1))  # (N, T, hw, 5)
    moved: Tensor = homogeneous @ matrix + basis @ weights  # (N, T, hw, 2)
    return moved.view(count, -1, *size, 2)


def background_motion(size: tuple[int, int], parameters: Tensor) -> Tensor:
    """Homogeneous transform of the grid: (N, 3, 3) -> (N, 1, h, w, 2)."""
    grid = coordinate_grid(size, parameters)
    homogeneous = torch.cat([grid, torch.ones_like(grid[..., :1])], dim=-1)  # (h, w, 3)
    moved = torch.einsum("nij,hwj->nhwi", parameters, homogeneous)
    return (moved[..., :2] / moved[..., 2:]).unsqueeze(1)


class TpsMotionNetwork(nn.Module):
    """Small source image and two sets of keypoints -> dense backward flow and occlusion maps."""

    def __init__(self, config: TpsMotionConfig, *, align_corners: bool) -> None:
        super().__init__()
        size = HourglassSize(config.block_expansion, config.max_features, config.num_blocks)
        heatmaps = config.num_tps * POINTS_PER_TPS + 1
        motions = config.num_tps + 1
        self.hourglass = Hourglass(heatmaps + motions * config.num_channels, size, norm="instance")
        features = self.hourglass.out_features
        self.maps = nn.Conv2d(features, motions, 7, padding=3)
        self.up, self.occlusion = nn.ModuleList(), nn.ModuleList()
        self.down = downscale_layer(config.num_channels, config.scale_factor)
        ups = round(1 / config.scale_factor).bit_length() - 1 if config.multi_mask else 0
        before_last = OCCLUSION_MAPS - ups - 1 if config.multi_mask else 0
        inside = [2 * size.width(level) for level in range(before_last, 0, -1)]
        for width in [*inside, features]:
            self.occlusion.append(nn.Conv2d(width, 1, 7, padding=3))
        for level in range(ups):
            self.up.append(UpBlock(features // int(2**level), features // int(2 ** (level + 1)), norm="instance"))
            self.occlusion.append(nn.Conv2d(features // int(2 ** (level + 1)), 1, 7, padding=3))
        self.kp_variance = config.kp_variance
        self.align_corners = align_corners

    def downscale(self, source: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, 3, h, w), what `forward` wants; needed once per source."""
        if self.down is None:
            return source
        small: Tensor = self.down(source)
        return small

    def forward(
        self, small: Tensor, source: Keypoints, driving: Keypoints, background: Tensor | None = None
    ) -> TpsMotion:
        """Estimate the flow of N driving frames.

        Args:
            small: (1, 3, h, w), the source from `downscale`.
            source: (1, K, 2).
            driving: (N, K, 2).
            background: (N, 3, 3) motion of the background; None leaves it where it is.
        """
        size = (small.shape[2], small.shape[3])
        if background is None:
            background = torch.eye(3, device=small.device, dtype=small.dtype).expand(len(driving), 3, 3)
        motions = torch.cat([background_motion(size, background), tps_motions(source, driving, size)], dim=1)
        warped = warp_each(small, motions, align_corners=self.align_corners)  # (N, T+1, 3, h, w)
        heat = heatmap_difference(source, driving, size, self.kp_variance)  # (N, K+1, h, w)
        features = self.hourglass(torch.cat([heat, warped.flatten(1, 2)], dim=1))
        contribution = F.softmax(self.maps(features[-1]), dim=1)
        deformation = torch.einsum("nkhw,nkhwd->nhwd", contribution, motions)
        return TpsMotion(contribution, deformation, warped, self._occlusion(features))

    def _occlusion(self, features: list[Tensor]) -> list[Tensor]:
        inputs = features[len(features) - len(self.occlusion) + len(self.up) :]
        for block in self.up:
            inputs.append(block(inputs[-1]))
        return [torch.sigmoid(head(x)) for head, x in zip(self.occlusion, inputs, strict=True)]
