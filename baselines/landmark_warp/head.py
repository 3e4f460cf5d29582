"""The head around the face: forehead, outline and still background as control points of the warp.

All in centimetres of the generic face (x right, y down, z away from the camera; origin inside the head). The
coordinates are ours, from the proportions of an average head. Forehead points turn with the head in 3-D. The outline of
a round head stays where it is when the head turns, so outline points follow shift, scale and roll, and only a little of
yaw and pitch.
"""

import numpy as np

from evalkit.types import Values

FOREHEAD: Values = np.array(
    [
        *([0, -7.6, -5.0], [-3, -7.4, -4.4], [3, -7.4, -4.4], [-5.6, -6.6, -1.8], [5.6, -6.6, -1.8]),
        *([0, -10.2, -2.8], [-3.8, -9.6, -2.0], [3.8, -9.6, -2.0]),
    ],
    dtype=np.float64,
)
OUTLINE: Values = np.array(
    [
        *([-9.2, 1.5, 3], [9.2, 1.5, 3], [-9.6, -2.5, 3], [9.6, -2.5, 3], [-9.2, -6.8, 3], [9.2, -6.8, 3]),
        *([-7.2, -10.8, 2], [7.2, -10.8, 2], [-3.8, -13.4, 2], [3.8, -13.4, 2], [0, -14, 2]),
    ],
    dtype=np.float64,
)
OUTLINE_TURN = 0.3
"""Share of the turn out of the picture plane that the outline follows."""
_CENTRE, _RADII, _FALLOFF = np.array([0.0, -1.5]), np.array([9.5, 12.0]), 8.0


def still_ring(count: int = 20) -> Values:
    """Points (count, 2) in upright face centimetres around the head, as near as the background stands still."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(_CENTRE + (1 + _FALLOFF / _RADII.mean()) * _RADII * circle)


def border_points(size: int, per_side: int = 9) -> Values:
    """Points (4 * per_side - 4, 2) around the border of a picture, in pixels."""
    along = np.linspace(0, size - 1, per_side)
    zero, end = np.zeros(per_side), np.full(per_side, size - 1.0)
    sides = [(along, zero), (along, end), (zero, along), (end, along)]
    return np.unique(np.concatenate([np.stack(side, axis=1) for side in sides]), axis=0)


def follow_head(points: Values) -> Values:
    """How much points (N, 2) in upright face centimetres move with the head: 1 inside it, 0 from 8 cm outside on."""
    distance = (np.linalg.norm((points - _CENTRE) / _RADII, axis=1) - 1) * float(_RADII.mean())
    inside = np.clip(1 - distance / _FALLOFF, 0, 1)
    return np.asarray(inside * inside * (3 - 2 * inside))
