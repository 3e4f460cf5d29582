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
_AT_ONCE = 1_000_000
"""Pixels of triangles that are looked at together, which bounds the memory."""


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
    depth = np.full(side * side, np.inf)
    seen = np.full(side * side, -1, np.int64)
    weights = np.zeros((side * side, 3))
    corners = points[triangles]
    low = np.clip(np.floor(corners[:, :, :2].min(axis=1) - 0.5), 0, side).astype(int)
    high = np.clip(np.ceil(corners[:, :, :2].max(axis=1) + 0.5), 0, side).astype(int)
    size = (high - low).prod(axis=1) * (np.abs(_area(corners)) >= _EDGE)
    chosen = np.flatnonzero(size)
    for part in np.array_split(chosen, 1 + size.sum() // _AT_ONCE):
        index, x, y = _pixels(part, low, high)
        inside = _barycentric(corners[index], x + 0.5, y + 0.5)
        within = (inside >= -_EDGE).all(axis=1)
        index, inside, pixel = index[within], inside[within], (y * side + x)[within]
        z = (inside * corners[index, :, 2]).sum(axis=1)
        order = np.lexsort((index, z, pixel))
        nearest = order[np.diff(pixel[order], prepend=-1) > 0]
        nearest = nearest[z[nearest] < depth[pixel[nearest]]]
        at = pixel[nearest]
        depth[at], seen[at], weights[at] = z[nearest], index[nearest], inside[nearest]
    return Seen(seen.reshape(side, side), weights.reshape(side, side, 3))


def _area(corners: Floats) -> Floats:
    """(M,) twice the area of triangles (M, 3, 3) as seen along z; its sign says which way they turn."""
    a, b, c = (corners[:, index, :2] for index in range(3))
    area: Floats = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return area


def _pixels(
    chosen: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(N,) triangle, x and y of every pixel in the boxes of the chosen triangles."""
    extent = (high - low)[chosen]
    counts = extent.prod(axis=1)
    index = np.repeat(chosen, counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    y, x = np.divmod(place, np.repeat(extent[:, 0], counts))
    return index, x + low[index, 0], y + low[index, 1]


def _barycentric(corners: Floats, x: NDArray[np.floating], y: NDArray[np.floating]) -> Floats:
    """(N, 3) coordinates of the points (N,) in triangles (N, 3, 3)."""
    a, b, c = (corners[:, index] for index in range(3))
    area = _area(corners)
    second = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (y - a[:, 1]) * (c[:, 0] - a[:, 0])) / area
    third = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])) / area
    return np.stack([1 - second - third, second, third], axis=1)


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
