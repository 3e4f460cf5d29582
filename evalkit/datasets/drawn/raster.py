"""A z-buffer in numpy: triangles to covered pixels, one scan line span at a time, all spans at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DEPTH_STEPS = float(1 << 20)
_NOTHING = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Coverage:
    """What is seen: for each of N covered pixels its place, the triangle's corners and the weights of the corners."""

    pixel: NDArray[np.intp]  # (N,) row * width + column
    corners: NDArray[np.intp]  # (N, 3) vertex numbers
    weights: NDArray[np.float32]  # (N, 3), sums to 1

    def interpolate(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vertex values (V, K) at the covered pixels, (N, K)."""
        result = values[self.corners[:, 0]] * self.weights[:, :1]
        result += values[self.corners[:, 1]] * self.weights[:, 1:2]
        result += values[self.corners[:, 2]] * self.weights[:, 2:]
        return result


def rasterise(
    points: NDArray[np.float64], triangles: NDArray[np.intp], two_sided: NDArray[np.bool_], side: int
) -> Coverage:
    """Find the nearest triangle at the centre of every pixel of a square image.

    Args:
        points: (V, 3) screen x (right), y (down) in pixels and depth in cm in [0, 2048), smaller is nearer.
        triangles: (M, 3) vertex numbers; a positive area on screen means the front is seen.
        two_sided: (M,) triangles that are also seen from behind.
        side: rows and columns of the image.
    """
    corners, area = _visible(points, triangles, two_sided)
    x, y, depth = points[corners, 0], points[corners, 1], points[corners, 2]
    owner, pixel = _spans(x, y, side)
    first, second = _weights(x, y, area, owner, pixel, side)
    near = depth[:, 2][owner] + first * (depth[:, 0] - depth[:, 2])[owner] + second * (depth[:, 1] - depth[:, 2])[owner]
    key = ((near * _DEPTH_STEPS).astype(np.int64) << 32) | np.arange(len(owner))
    buffer = np.full(side * side, _NOTHING)
    np.minimum.at(buffer, pixel, key)
    seen = np.flatnonzero(buffer != _NOTHING)
    winner = buffer[seen] & np.int64(0xFFFFFFFF)
    one, two = first[winner], second[winner]
    weights = np.stack([one, two, 1.0 - one - two], axis=1).astype(np.float32)
    return Coverage(seen, corners[owner[winner]], weights)


def _visible(
    points: NDArray[np.float64], triangles: NDArray[np.intp], two_sided: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Triangles turned so that their doubled area is positive, without those seen from behind."""
    x, y = points[triangles, 0], points[triangles, 1]
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    keep = np.where(two_sided, np.abs(area), area) > 1e-9
    corners = triangles[keep]
    back = area[keep] < 0.0
    corners[back] = corners[back][:, [0, 2, 1]]
    return corners, np.abs(area[keep])


def _spans(x: NDArray[np.float64], y: NDArray[np.float64], side: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every pixel centre inside every triangle: (triangle numbers, pixel numbers)."""
    top = np.maximum(np.ceil(y.min(axis=1) - 0.5), 0.0).astype(np.intp)
    bottom = np.minimum(np.floor(y.max(axis=1) - 0.5), side - 1.0).astype(np.intp)
    owner, row = _expand(top, bottom)
    left = np.zeros(len(owner))
    right = np.full(len(owner), float(side))
    for start, end in ((0, 1), (1, 2), (2, 0)):
        run, rise = x[:, end] - x[:, start], y[:, end] - y[:, start]
        cross = x[:, start] * y[:, end] - x[:, end] * y[:, start]
        with np.errstate(divide="ignore", invalid="ignore"):
            edge = (cross[owner] + (row + 0.5) * run[owner]) / rise[owner]
        slope = rise[owner]
        np.maximum(left, edge, out=left, where=slope < 0.0)
        np.minimum(right, edge, out=right, where=slope > 0.0)
    begin = np.ceil(left - 0.5).astype(np.intp)
    finish = np.minimum(np.floor(right - 0.5), side - 1.0).astype(np.intp)
    span, column = _expand(begin, finish)
    return owner[span], row[span] * side + column


def _expand(first: NDArray[np.intp], last: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List the integers first..last of every row: (row number, integer)."""
    count = np.maximum(last - first + 1, 0)
    owner = np.repeat(np.arange(len(first)), count)
    start = np.cumsum(count) - count
    return owner, np.arange(len(owner)) + (first - start)[owner]


def _weights(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    area: NDArray[np.float64],
    owner: NDArray[np.intp],
    pixel: NDArray[np.intp],
    side: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of the first and second corner at each pixel centre."""
    across = (pixel % side + 0.5) - x[:, 2][owner]
    down = (pixel // side + 0.5) - y[:, 2][owner]
    first = ((y[:, 1] - y[:, 2]) / area)[owner] * across + ((x[:, 2] - x[:, 1]) / area)[owner] * down
    second = ((y[:, 2] - y[:, 0]) / area)[owner] * across + ((x[:, 0] - x[:, 2]) / area)[owner] * down
    return first, second
