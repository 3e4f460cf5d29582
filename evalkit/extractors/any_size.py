"""Landmarks on frames of any size, by a detector that wants a face to be neither small nor huge."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from evalkit.types import Features, Frames, Values

Locate = Callable[[Frames], Features]
"""Frames (T, H, W, 3) uint8 -> features with `points` (T, 68, 2), NaN where there is no face."""
_SMALLEST, _LARGEST = 200, 512


def locate_points(frames: Frames, locate: Locate) -> Values:
    """Landmarks (T, 68, 2) in pixels of square frames of any size; NaN where no face was found.

    Frames smaller than 200 or larger than 512 pixels are resized by a whole factor for detection, and the landmarks
    scaled back.
    """
    size = frames.shape[1]
    if size < _SMALLEST:
        factor = -(-_SMALLEST // size)
        larger = [ndimage.zoom(f, (factor, factor, 1), order=1, grid_mode=True, mode="nearest") for f in frames]
        return _scaled_back(locate(np.stack(larger))["points"], 1 / factor)
    factor = -(-size // _LARGEST)
    if factor == 1:
        return locate(frames)["points"]
    kept = size // factor * factor
    blocks = frames[:, :kept, :kept].reshape(len(frames), kept // factor, factor, kept // factor, factor, 3)
    return _scaled_back(locate(np.rint(blocks.mean(axis=(2, 4))).astype(np.uint8))["points"], factor)


def _scaled_back(points: Values, factor: float) -> Values:
    """From the resized picture to the original one; pixel centres are whole numbers in both."""
    return (points + 0.5) * factor - 0.5
