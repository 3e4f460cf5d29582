"""Where things are among MediaPipe's 478 landmarks, and measures of a face that do not depend on its size.

Names are the person's: the left eye is on the right of the picture. Source: the canonical face model of MediaPipe; the
landmarks of lips, brows and eyes are those of its `FACEMESH_*` lists.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Values

RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_INNER, LEFT_EYE_OUTER = 33, 133, 362, 263
NOSE_TIP, CHIN = 1, 152
RIGID = (RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_INNER, LEFT_EYE_OUTER, 6, 197, 195, 5)
"""Eye corners and the bridge of the nose: what moves least with expression."""
UPPER_LIP, LOWER_LIP = (191, 80, 81, 82, 13, 312, 311, 310), (95, 88, 178, 87, 14, 317, 402, 318)
"""The inner edges of the lips, point above point."""
LIPS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
)
RIGHT_BROW, LEFT_BROW = (46, 53, 52, 65, 55, 70, 63, 105, 66, 107), (276, 283, 282, 295, 285, 300, 293, 334, 296, 336)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)


def eye_distance(points: NDArray[Any]) -> Values:
    """(T,) distance of the outer corners of the eyes of landmarks (T, 478, 2), in their unit."""
    return np.asarray(np.linalg.norm(points[:, RIGHT_EYE_OUTER] - points[:, LEFT_EYE_OUTER], axis=1))


def mouth_opening(points: NDArray[Any]) -> Values:
    """(T,) mean distance between the inner edges of the lips, in distances of the outer corners of the eyes."""
    gap = np.linalg.norm(points[:, list(UPPER_LIP)] - points[:, list(LOWER_LIP)], axis=2).mean(axis=1)
    return np.asarray(gap / eye_distance(points))


def brow_heights(points: NDArray[Any]) -> Values:
    """(T, 2) distance between the means of a brow and of its eye, right and left, in distances of the eyes' centres."""
    eyes = [points[:, list(part)].mean(axis=1) for part in (RIGHT_EYE, LEFT_EYE)]
    brows = [points[:, list(part)].mean(axis=1) for part in (RIGHT_BROW, LEFT_BROW)]
    scale = np.linalg.norm(eyes[0] - eyes[1], axis=1)
    return np.stack([np.linalg.norm(b - e, axis=1) / scale for b, e in zip(brows, eyes, strict=True)], axis=1)


def lip_distances(points: NDArray[Any]) -> Values:
    """(T, 780) distances of all couples of 40 lip landmarks, in distances of the outer corners of the eyes."""
    lips = points[:, list(LIPS)]
    one, other = np.triu_indices(len(LIPS), 1)
    return np.asarray(np.linalg.norm(lips[:, one] - lips[:, other], axis=2) / eye_distance(points)[:, None])
