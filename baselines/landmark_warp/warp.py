"""Control points -> dense backward map: for every pixel of the generated picture, where to look in the source.

Radial-basis interpolation of the displacement (source minus moved position) with the kernel sqrt(r^2 + c^2) and a
constant: smooth, without the overshoot of thin plates, exact at the control points but for a little smoothing. It is
evaluated on a grid of at most `_NODES` nodes a side and upsampled linearly.
Source: multiquadrics, Hardy 1971; conditional definiteness, Micchelli, Constr. Approx. 1986.
"""

import numpy as np
from numpy.typing import NDArray

from baselines.landmark_warp.opening import measure_opening
from evalkit.types import Values

Map = NDArray[np.float32]
"""(H, W, 2) x, y in source pixels."""
_UPPER_LIP, _LOWER_LIP = (49, 50, 51, 52, 53, 61, 62, 63), (55, 56, 57, 58, 59, 65, 66, 67)
_NODES = 129
_ROUND = 0.003
"""c as a fraction of the picture's side."""
_SMOOTHING = 0.0002


class GridWarp:
    """Backward maps for pictures of one size; only the `usable` ones of the source control points (N, 2) count."""

    def __init__(self, source: Values, usable: NDArray[np.bool_], size: int) -> None:
        self._source, self._size = source / size, size
        without = (_LOWER_LIP, _UPPER_LIP)
        self._used = [np.setdiff1d(np.flatnonzero(usable), lip) for lip in without]
        nodes = np.linspace(0, size - 1, min(size, _NODES))
        self._upsample = _linear_weights(nodes, size)
        grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2) / size
        self._grid = grid.astype(np.float32)
        pixels = np.arange(size, dtype=np.float32)
        self._identity = np.stack(np.meshgrid(pixels, pixels), axis=-1)

    def backward_map(self, moved: Values) -> Map:
        """Where each pixel comes from when the control points go to `moved` (N, 2).

        The mouth is a cut: above the line between the lips the lower lip's points do not count, below it the upper's.
        """
        centres, displacement = moved / self._size, self._source - moved / self._size
        upper, lower = (_solve_with(used, centres, displacement) for used in self._used)
        weights = np.concatenate([upper, lower], axis=1).astype(np.float32) * self._size
        coarse = _kernel(self._grid, centres.astype(np.float32)) @ weights[:-1] + weights[-1]
        rows = self._upsample.shape[1]
        planes = [self._upsample @ plane.reshape(rows, rows) @ self._upsample.T for plane in coarse.T]
        above, below = np.stack(planes[:2], axis=-1), np.stack(planes[2:], axis=-1)
        return np.asarray(self._identity + above + self._below_lips(moved)[..., None] * (below - above))

    def _below_lips(self, moved: Values) -> NDArray[np.float32]:
        """(H, W) 0 above the line between the lips, 1 below; sharp in the mouth, softer with the distance from it."""
        mouth = measure_opening(moved[[60, 61, 62, 63, 64]], moved[[60, 67, 66, 65, 64]])
        knots = np.linspace(0, 1, 9)
        middle = (mouth.upper(knots) + mouth.lower(knots)) / 2
        offset = self._identity - mouth.corner.astype(np.float32)
        u, v = (offset @ (axis / mouth.width**2).astype(np.float32) for axis in (mouth.along, mouth.down))
        beyond = np.maximum(np.abs(u - np.float32(0.5)) - np.float32(0.5), 0)
        softness = np.float32(0.7 / mouth.width) + beyond
        line = np.interp(u, knots, middle).astype(np.float32)
        return np.asarray(np.clip((v - line) / (2 * softness) + np.float32(0.5), 0, 1))


def _solve_with(used: NDArray[np.intp], centres: Values, displacement: Values) -> Values:
    """As `_solve`, with weight 0 for all control points but the `used` ones."""
    solution = np.zeros((len(centres) + 1, 2))
    solution[np.append(used, -1)] = _solve(centres[used], displacement[used])
    return solution


def _solve(centres: Values, displacement: Values) -> Values:
    """Weights and, last, constant (N + 1, 2) of the interpolant; [K + lambda I, 1; 1^T, 0] [w; a] = [d; 0]."""
    count = len(centres)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = _kernel(centres, centres) - _SMOOTHING * np.eye(count)
    system[count, count] = 0
    return np.asarray(np.linalg.solve(system, np.concatenate([displacement, np.zeros((1, 2))])))


def _kernel(points: NDArray[np.floating], centres: NDArray[np.floating]) -> NDArray[np.floating]:
    squared = (points**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * (points @ centres.T)
    return np.asarray(np.sqrt(np.maximum(squared, 0) + points.dtype.type(_ROUND**2)))


def _linear_weights(nodes: Values, size: int) -> NDArray[np.float32]:
    """(size, nodes): each pixel as a mean of its two neighbouring nodes."""
    pixels = np.arange(size)
    return np.stack([np.interp(pixels, nodes, unit) for unit in np.eye(len(nodes))], axis=1).astype(np.float32)
