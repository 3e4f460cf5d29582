"""Coordinate grids, heatmaps, sparse motions and warping, in two or three dimensions.

Coordinates run from -1 to 1 over pixel *centres* (first to last), order x, y(, z), the way `align_corners=True` sees
them. The official code samples with torch's present default `align_corners=False` all the same; that is a named option
here because code written for torch < 1.3 behaved like True.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from baselines._shared.linear import inverse
from baselines._shared.motion.keypoints import Keypoints


def coordinate_grid(size: tuple[int, ...], like: Tensor) -> Tensor:
    """Grid of the coordinates of every cell.

    Args:
        size: (H, W) or (D, H, W).
        like: gives device and dtype.

    Returns:
        (*size, len(size)), last axis x, y(, z).
    """
    axes = [torch.linspace(-1, 1, count, device=like.device, dtype=like.dtype) for count in size]
    return torch.stack(torch.meshgrid(*axes, indexing="ij")[::-1], dim=-1)


def expected_position(heatmap: Tensor) -> Tensor:
    """Mean coordinate under each heatmap: (N, K, *S), summing to 1 over S -> (N, K, len(S))."""
    grid = coordinate_grid(tuple(heatmap.shape[2:]), heatmap)
    return heatmap.flatten(2) @ grid.flatten(0, -2)


def gaussian_maps(points: Tensor, size: tuple[int, ...], variance: float) -> Tensor:
    """exp(-|z - p|^2 / (2 variance)) on the grid of `size`: (N, K, D) -> (N, K, *size)."""
    grid = coordinate_grid(size, points)
    offset = grid - points.view(*points.shape[:2], *[1] * len(size), len(size))
    return torch.exp(-0.5 * (offset**2).sum(-1) / variance)


def heatmap_difference(source: Keypoints, driving: Keypoints, size: tuple[int, ...], variance: float) -> Tensor:
    """Driving minus source Gaussians, with a zero map in front for the background: (N, K+1, *size)."""
    maps = gaussian_maps(driving.value, size, variance) - gaussian_maps(source.value, size, variance)
    return torch.cat([torch.zeros_like(maps[:, :1]), maps], dim=1)


def sparse_motions(source: Keypoints, driving: Keypoints, size: tuple[int, ...]) -> Tensor:
    """Where each cell comes from when it moves with the background (identity, first) or with one keypoint.

    FOMM, eq. 4: z -> p_s + J (z - p_d), J = J_s J_d^-1; without driving Jacobians J is the identity.

    Args:
        source: (1 or N, K, D).
        driving: (N, K, D).
        size: grid size, D numbers.

    Returns:
        (N, K+1, *size, D) coordinates in the source.
    """
    count, points = driving.value.shape[:2]
    grid = coordinate_grid(size, driving.value)
    ones = [1] * len(size)
    offset = grid - driving.value.view(count, points, *ones, len(size))
    if driving.jacobian is not None and source.jacobian is not None:
        jacobian = source.jacobian @ inverse(driving.jacobian)
        offset = torch.einsum("nkij,nk...j->nk...i", jacobian, offset)
    motions = offset + source.value.view(-1, points, *ones, len(size))
    return torch.cat([grid.expand(count, 1, *grid.shape), motions], dim=1)


def warp(features: Tensor, flow: Tensor, *, align_corners: bool) -> Tensor:
    """Sample `features` at `flow`: (bi/tri)linear, zero outside.

    Args:
        features: (1 or N, C, *S); a single item serves all flows.
        flow: (N, *T, len(S)) coordinates in `features`.
        align_corners: whether -1 and 1 mean the centres (True) or the outer edges (False) of the border cells.

    Returns:
        (N, C, *T).
    """
    features = features.expand(flow.shape[0], *features.shape[1:])
    return F.grid_sample(features, flow, mode="bilinear", padding_mode="zeros", align_corners=align_corners)


def warp_each(features: Tensor, motions: Tensor, *, align_corners: bool) -> Tensor:
    """Warp one encoding by every sparse motion: (1 or N, C, *S), (N, M, *S, D) -> (N, M, C, *S)."""
    count, number = motions.shape[:2]
    features = features.expand(count, *features.shape[1:])
    repeated = features.unsqueeze(1).expand(-1, number, *features.shape[1:]).flatten(0, 1)
    warped = warp(repeated, motions.flatten(0, 1), align_corners=align_corners)
    return warped.view(count, number, *warped.shape[1:])


def resize(maps: Tensor, size: tuple[int, int], *, align_corners: bool = False) -> Tensor:
    """(N, C, h, w) -> (N, C, *size), bilinear; unchanged when it has that size."""
    if maps.shape[2:] == size:
        return maps
    return F.interpolate(maps, size=size, mode="bilinear", align_corners=align_corners)


def resize_flow(flow: Tensor, size: tuple[int, int], *, align_corners: bool = False) -> Tensor:
    """(N, h, w, 2) -> (N, *size, 2), bilinear; unchanged when it has that size."""
    return resize(flow.permute(0, 3, 1, 2), size, align_corners=align_corners).permute(0, 2, 3, 1)
