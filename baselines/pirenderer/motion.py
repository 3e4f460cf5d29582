"""Motion as PIRenderer sees it: 73 face-model numbers per frame, in a window of 27 frames.

The regressor's 257 numbers (`evalkit.extractors.deep3d`) are stored with the alignment's scale and shift behind them.
Of those the network takes expression, angles, translation and the three alignment numbers. Motion is absolute: there
is no relative mode.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SEMANTIC_RADIUS = 13
"""Frames on each side of the window's middle."""

REGRESSED = 257
"""Numbers per frame that come from the regressor."""

EXPRESSION = slice(0, 64)
"""Expression among the 73."""

ANGLES = slice(64, 67)
"""Euler angles among the 73; translation follows at 67:70."""

SCALE = 70
"""Scale of the alignment among the 73; its shift follows at 71:73."""


def motion_coefficients(stored: NDArray[np.floating]) -> NDArray[np.floating]:
    """Pick what drives the face.

    Args:
        stored: (T, 260) per frame the 257 regressed numbers, then alignment scale, tx, ty; or (T, 262) as the
            single-image script of the official code writes them, with image width and height before the scale.

    Returns:
        (T, 73): expression 64, angles 3, translation 3, scale, tx, ty. tx and ty are pixels, as they come.

    Raises:
        ValueError: for any other shape.
    """
    if stored.ndim != 2 or stored.shape[1] not in (REGRESSED + 3, REGRESSED + 5):
        raise ValueError(f"expected coefficients of shape (T, 260) or (T, 262), got {stored.shape}")
    return np.concatenate([stored[:, 80:144], stored[:, 224:227], stored[:, 254:257], stored[:, -3:]], axis=1)


def windows(motion: NDArray[np.floating], radius: int = SEMANTIC_RADIUS) -> NDArray[np.floating]:
    """Neighbourhood of every frame; frames before the first and after the last repeat the end.

    Args:
        motion: (T, C) one row per frame. A still image is a clip of one frame.
        radius: frames on each side.

    Returns:
        (T, C, 2 * radius + 1).
    """
    frames = np.arange(len(motion))[:, None] + np.arange(-radius, radius + 1)  # (T, 2r + 1)
    neighbours: NDArray[np.floating] = motion[frames.clip(0, len(motion) - 1)]  # (T, 2r + 1, C)
    return neighbours.transpose(0, 2, 1)


def scale_ratio(source: NDArray[np.floating], driving: NDArray[np.floating]) -> float:
    """Ratio of the source's alignment scale to the driving face's, for cross-identity reenactment.

    The driving frame that looks most like the source (0.3 x mean expression difference + 0.7 x mean angle difference)
    stands for the driving face.

    Args:
        source: (73,) motion of the source frame.
        driving: (T, 73) motion of the driving clip.

    Returns:
        Factor for the scale of every driving frame (`with_scale`). In self-reenactment nothing is scaled.
    """
    difference = np.abs(driving - source)  # (T, 73)
    distance = 0.3 * difference[:, EXPRESSION].mean(axis=1) + 0.7 * difference[:, ANGLES].mean(axis=1)
    return float(source[SCALE] / driving[distance.argmin(), SCALE])


def with_scale(motion: NDArray[np.floating], ratio: float) -> NDArray[np.floating]:
    """Copy of (T, 73) motion with the alignment scale multiplied by `ratio`."""
    scaled = motion.copy()
    scaled[:, SCALE] *= ratio
    return scaled
