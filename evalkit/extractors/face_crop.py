"""Square crops around a face, black outside the frame."""

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Values


def square_crop(frame: NDArray[np.uint8], centre: Values, side: float, size: int) -> NDArray[np.uint8]:
    """(size, size, 3) of a frame (H, W, 3): the square of `side` pixels around `centre` (x, y), resized bilinearly.

    The square is rounded to whole pixels; `square_corner` says where it begins.
    """
    import cv2

    (left, top), whole = square_corner(centre, side)
    height, width = frame.shape[:2]
    square = np.zeros((whole, whole, 3), dtype=np.uint8)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + whole, width), min(top + whole, height)
    if x1 > x0 and y1 > y0:
        square[y0 - top : y1 - top, x0 - left : x1 - left] = frame[y0:y1, x0:x1]
    return np.asarray(cv2.resize(square, (size, size), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def square_corner(centre: Values, side: float) -> tuple[tuple[int, int], int]:
    """Left and top of the square of `square_crop`, and its side, in whole pixels."""
    whole = max(round(side), 1)
    left, top = (round(float(c - side / 2)) for c in centre)
    return (left, top), whole
