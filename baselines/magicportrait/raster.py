"""A small rasteriser: which triangle is seen at every pixel, and where in it. Orthographic, nearest triangle wins.

Source: the edge functions of Pineda, "A Parallel Algorithm for Polygon Rasterization", SIGGRAPH 1988, divided by the
triangle's area, are the barycentric coordinates of a pixel's centre.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_EDGE = 1e-9
"""Pixels on an edge belong to the triangles on both sides; the nearer one is seen."""


@dataclass(frozen=True)
class Seen:
    """What is seen.

    Attributes:
        triangle: (side, side) index of the triangle, -1 where there is none.
        weights: (side, side, 3) barycentric coordinates in it, 0 where there is none.
    """

    triangle: NDArray[np.int64]
    weights: Floats

    @property
    def covered(self) -> NDArray[np.bool_]:
        """(side, side): some triangle is seen."""
        return self.triangle >= 0

    def values(self, triangles: NDArray[np.int64], of_points: Floats) -> Floats:
        """(side, side, C): the (N, C) values of points, between them linear, 0 where there is no triangle."""
        corners = of_points[triangles[np.maximum(self.triangle, 0)]]
        blended: Floats = np.einsum("hwk,hwkc->hwc", self.weights, corners)
        return blended


def rasterise(points: Floats, triangles: NDArray[np.int64], side: int) -> Seen:
    """Look at a mesh along its z axis.

    Args:
        points: (N, 3) x to the right, y down, in pixels (the centre of the first is at 0.5, 0.5), z away from the eye.
        triangles: (M, 3) indices of points.
        side: of the square picture, pixels; what lies outside is cut off.
    """
    depth = np.full((side, side), np.inf)
    seen = np.full((side, side), -1, np.int64)
    weights = np.zeros((side, side, 3))
    corners = points[triangles]
    low = np.clip(np.floor(corners[:, :, :2].min(axis=1) - 0.5), 0, side).astype(int)
    high = np.clip(np.ceil(corners[:, :, :2].max(axis=1) + 0.5), 0, side).astype(int)
    for index, ((a, b, c), (left, top), (right, bottom)) in enumerate(zip(corners, low, high, strict=True)):
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if left >= right or top >= bottom or abs(area) < _EDGE:
            continue
        y, x = np.mgrid[top:bottom, left:right] + 0.5
        second = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
        third = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
        inside = np.stack([1 - second - third, second, third], axis=-1)
        z = inside @ np.array([a[2], b[2], c[2]])
        window = np.s_[top:bottom, left:right]
        nearer = (inside >= -_EDGE).all(axis=-1) & (z < depth[window])
        depth[window][nearer] = z[nearer]
        seen[window][nearer] = index
        weights[window][nearer] = inside[nearer]
    return Seen(seen, weights)


def normals(points: Floats, triangles: NDArray[np.int64]) -> Floats:
    """(N, 3) unit normals of points: the mean of their triangles', by area; 0 for points without a triangle."""
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    faces = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], faces)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    units: Floats = np.divide(total, lengths, out=np.zeros_like(total), where=lengths > 0)
    return units
