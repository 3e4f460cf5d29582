"""From DPE's images to 8-bit frames."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from baselines._shared.stylegan.images import to_frames


def to_uint8(images: Tensor) -> NDArray[np.uint8]:
    """(T, 3, H, W) images -> (T, H, W, 3) uint8 RGB: clamped to [-1, 1] and truncated, as the official code does."""
    return to_frames(images, "down")
