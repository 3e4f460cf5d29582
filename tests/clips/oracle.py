"""RGB of YUV, grey and RGB samples in float64, by the equations of ITU-T H.273: independent of FFmpeg and of evalkit.

Frames are filled plane by plane here, so that what is stored is known.
"""

from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

WEIGHTS = {
    "bt709": (1, 0.2126, 0.0722),
    "unspecified": (2, 0.299, 0.114),
    "fcc": (4, 0.30, 0.11),
    "bt470bg": (5, 0.299, 0.114),
    "bt601": (6, 0.299, 0.114),
    "smpte240m": (7, 0.212, 0.087),
    "bt2020": (9, 0.2627, 0.0593),
}
"""Name of the matrix -> its code, and the weights of red and blue (table 4)."""
LIMITED, FULL, UNSTATED = 1, 2, 0


def yuv_to_rgb(planes: Sequence[NDArray[Any]], matrix: str, full: bool, bits: int) -> NDArray[np.float64]:
    """(H, W, 3) levels in 0..255, rounded. Chroma has the size of luma already."""
    luma, blue, red = (np.asarray(plane, dtype=np.float64) for plane in planes)
    unit, most = 2.0 ** (bits - 8), 2.0**bits - 1
    y = luma / most if full else (luma / unit - 16) / 219
    cb, cr = ((plane - 2.0 ** (bits - 1)) / (most if full else 224 * unit) for plane in (blue, red))
    if matrix == "ycgco":
        # Equations 47 to 50, with the sizes of R, G and B: Cg and Co count in steps of luma.
        cb, cr = (value * (1 if full else 224 / 219) for value in (cb, cr))
        rgb = [y - cb + cr, y + cb, y - cb - cr]
    else:
        _, kr, kb = WEIGHTS[matrix]
        r, b = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
        rgb = [r, (y - kr * r - kb * b) / (1 - kr - kb), b]
    return np.rint(np.clip(np.stack(rgb, axis=-1) * 255, 0, 255))


def to_levels(samples: NDArray[Any], bits: int, full: bool = True) -> NDArray[np.float64]:
    """Samples of RGB or grey as levels in 0..255, rounded."""
    values = np.asarray(samples, dtype=np.float64)
    scaled = values / (2.0**bits - 1) * 255 if full else (values / 2.0 ** (bits - 8) - 16) * 255 / 219
    return np.rint(np.clip(scaled, 0, 255))


def enlarge(plane: NDArray[Any], shape: tuple[int, int], column: float, row: float) -> NDArray[np.float64]:
    """Subsampled chroma at the size of luma, interpolated linearly.

    `column` and `row` are where the first sample of chroma stands, in pixels of luma (0: on the first one).
    """
    found = np.asarray(plane, dtype=np.float64)
    for axis, (size, first) in enumerate(zip(shape, (row, column), strict=True)):
        step = 1 if found.shape[axis] == size else 2
        places = (np.arange(size) - (first if step > 1 else 0)) / step
        found = np.apply_along_axis(lambda line, at=places: np.interp(at, np.arange(len(line)), line), axis, found)
    return found


def filled(
    pixels: str, width: int, height: int, values: Sequence[Any], colour: int = 2, span: int = 0
) -> av.VideoFrame:
    """A frame whose planes hold `values`: an array or a number for each."""
    frame = av.VideoFrame(width, height, pixels)
    for plane, value in zip(frame.planes, values, strict=False):
        data = np.asarray(value)
        bits = frame.format.components[0].bits
        dtype = data.dtype if data.dtype.kind == "f" else np.dtype("u1" if bits <= 8 else "u2")
        order = ">" if frame.format.is_big_endian else "<"
        lines = np.zeros((plane.height, plane.line_size // dtype.itemsize), dtype.newbyteorder(order))
        wide = np.broadcast_to(data, (plane.height, plane.width)) if data.ndim == 0 else data
        lines[: wide.shape[0], : wide.shape[1]] = wide
        plane.update(lines.tobytes())
    frame.colorspace, frame.color_range = colour, span
    return frame
