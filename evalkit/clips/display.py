"""How a stored frame is shown: the shape of its pixels, and the display matrix that turns or mirrors it."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalkit.errors import VideoError

_SQUARE = 0.01
"""Pixels that are less than this from square are: sizes rounded to whole pixels leave such ratios behind."""
_MOST_STRETCHED = 8
_STRAIGHT = 1e-3


@dataclass(frozen=True)
class Display:
    """What makes the shown picture of a stored one, in this order.

    `pixel` is the width of a pixel over its height; the shorter side is enlarged, so that no stored detail is lost.
    `swap` exchanges rows and columns, then `mirror` reverses the columns and `flip` the rows.
    """

    pixel: Fraction = Fraction(1)
    swap: bool = False
    mirror: bool = False
    flip: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the picture with square pixels, before it is turned."""
        if self.pixel > 1:
            return round(width * self.pixel), height
        return width, round(height / self.pixel)

    def __call__(self, stored: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W, 3) as stored to (H', W', 3) as shown; stretched by Pillow's bicubic filter."""
        shown, (height, width) = stored, stored.shape[:2]
        if self.size(width, height) != (width, height):
            picture = Image.fromarray(np.ascontiguousarray(shown))
            shown = np.asarray(picture.resize(self.size(width, height), Image.Resampling.BICUBIC))
        if self.swap:
            shown = shown.transpose(1, 0, 2)
        return np.ascontiguousarray(shown[:: -1 if self.flip else 1, :: -1 if self.mirror else 1])


def display_of(frame: av.VideoFrame, pixel: Fraction | None) -> Display:
    """How `frame` of a stream with `pixel` as its sample aspect ratio (None or 0: not stated, square) is shown.

    Raises `VideoError` for turns other than quarters and for pixels more than eight times as long as wide.
    """
    swap, mirror, flip = _turn(frame)
    if not pixel or abs(pixel - 1) < _SQUARE:
        return Display(Fraction(1), swap, mirror, flip)
    if not Fraction(1, _MOST_STRETCHED) <= pixel <= _MOST_STRETCHED:
        raise VideoError(f"its pixels are {pixel.numerator}:{pixel.denominator}, which no camera makes. Re-encode it.")
    return Display(pixel, swap, mirror, flip)


def _turn(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
    """Swap, mirror, flip of the frame's display matrix.

    ISO/IEC 14496-12, 8.3.2: rows (a, b, u), (c, d, v), (x, y, w); (p, q) is shown at (a p + c q, b p + d q), y down.
    A matrix of zeros, which some writers leave, says nothing.
    """
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return False, False, False
    a, b, _, c, d = struct.unpack("=5i", bytes(data)[:20])
    most = max(abs(value) for value in (a, b, c, d))
    if most == 0:
        return False, False, False
    if max(abs(b), abs(c)) <= _STRAIGHT * most and a and d:
        return False, a < 0, d < 0
    if max(abs(a), abs(d)) <= _STRAIGHT * most and b and c:
        return True, c < 0, b < 0
    raise VideoError("its display matrix turns it by other than quarter turns. Re-encode it upright.")
