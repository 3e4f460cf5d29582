"""Crops around a face, black outside the frame."""

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Values


def square_crop(frame: NDArray[np.uint8], centre: Values, side: float, size: int) -> NDArray[np.uint8]:
    """(size, size, 3) of a frame (H, W, 3): the square of `side` pixels around `centre` (x, y), resized bilinearly.

    The square is rounded to whole pixels: its side, then its left top corner.
    """
    whole = max(round(side), 1)
    left, top = (round(float(c - side / 2)) for c in centre)
    return box_crop(frame, (left, top, left + whole, top + whole), size)


def box_crop(frame: NDArray[np.uint8], box: tuple[int, int, int, int], size: int) -> NDArray[np.uint8]:
    """(size, size, 3) of a frame (H, W, 3): left, top, right, bottom in whole pixels, resized bilinearly."""
    import cv2

    left, top, right, bottom = box
    height, width = frame.shape[:2]
    cut = np.zeros((bottom - top, right - left, 3), dtype=np.uint8)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if x1 > x0 and y1 > y0:
        cut[y0 - top : y1 - top, x0 - left : x1 - left] = frame[y0:y1, x0:x1]
    return np.asarray(cv2.resize(cut, (size, size), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
