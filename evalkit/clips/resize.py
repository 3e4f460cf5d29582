"""Frames of outputs at another size, by a filter that is named."""

import numpy as np
from PIL import Image

from evalkit.types import Filter, Frames

_FILTERS: dict[Filter, Image.Resampling] = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resized(frames: Frames, size: int, how: Filter) -> Frames:
    """(T, side, side, 3) uint8 as (T, size, size, 3) by a filter of Pillow; unchanged at that size.

    All filters but `nearest` are antialiased when they shrink, and round to whole levels.
    """
    if frames.shape[1:3] == (size, size):
        return frames
    return np.stack([np.asarray(Image.fromarray(frame).resize((size, size), _FILTERS[how])) for frame in frames])
