"""An opening in the face (mouth, eye) as two curves over the line between its corners.

Coordinates: u runs along the line from the left corner (0) to the right one (1), v downwards across it, both in
widths of the opening.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from evalkit.types import Values

Region = tuple[slice, slice]
"""Rows and columns of a picture."""


@dataclass(frozen=True)
class Opening:
    """`corner` and the axes `along`, `down` (2,) in pixels; `upper(u)` and `lower(u)` give the v of the two edges."""

    corner: Values
    along: Values
    down: Values
    upper: PchipInterpolator
    lower: PchipInterpolator

    @property
    def width(self) -> float:
        """Distance of the corners in pixels."""
        return float(np.linalg.norm(self.along))

    def gap(self, u: Values) -> Values:
        """Height of the opening at u, at least 0."""
        return np.asarray(np.maximum(self.lower(u) - self.upper(u), 0))

    def coordinates(self, pixels: Values) -> tuple[Values, Values]:
        """u and v of pixels (..., 2)."""
        offset = pixels - self.corner
        return offset @ (self.along / self.width**2), offset @ (self.down / self.width**2)

    def pixels(self, u: Values, v: Values) -> Values:
        """The pixels (..., 2) at u and v."""
        return np.asarray(self.corner + u[..., None] * self.along + v[..., None] * self.down)


def measure_opening(upper: Values, lower: Values) -> Opening:
    """From the points (N, 2) of the upper and of the lower edge, both from corner to corner."""
    corner, along = upper[0], upper[-1] - upper[0]
    along = along if np.linalg.norm(along) > 1e-3 else np.array([1e-3, 0.0])
    down = np.array([-along[1], along[0]])
    axes = np.stack([along, down], axis=1) / (along @ along)
    return Opening(corner, along, down, _curve((upper - corner) @ axes), _curve((lower - corner) @ axes))


def region_around(points: Values, margin: float, size: int) -> Region:
    """The part of a picture of `size` pixels that holds points (N, 2) and `margin` pixels around; may be empty."""
    low = np.clip(np.floor(points.min(axis=0) - margin), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(axis=0) + margin) + 1, 0, size).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def pixel_grid(region: Region) -> Values:
    """x, y of every pixel of a region, (H, W, 2)."""
    ys, xs = np.mgrid[region]
    return np.stack([xs, ys], axis=-1).astype(np.float64)


def smoothstep(x: NDArray[np.float64]) -> Values:
    """0 below 0, 1 above 1, x^2 (3 - 2 x) between."""
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def _curve(points: Values) -> PchipInterpolator:
    """v over u; u is made to increase."""
    u = np.maximum.accumulate(np.clip(points[:, 0], 0, 1)) + np.arange(len(points)) * 1e-3
    return PchipInterpolator(u, points[:, 1], extrapolate=True)
