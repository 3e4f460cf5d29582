"""Head pose angles and the rotation they stand for."""

import numpy as np
from numpy.typing import NDArray


def rotation_matrix(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """The (3, 3) rotation Rz(roll) Ry(yaw) Rx(pitch) of angles in radians, axes x right, y down, z forward."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    return np.array(
        [
            [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp],
            [sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp],
            [-sy, cy * sp, cy * cp],
        ]
    )


def turn(points: NDArray[np.float64], rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (N, 3) after a rotation, summed in a fixed order so that the result never depends on threads."""
    x, y, z = points[:, 0:1], points[:, 1:2], points[:, 2:3]
    return x * rotation[:, 0] + y * rotation[:, 1] + z * rotation[:, 2]
