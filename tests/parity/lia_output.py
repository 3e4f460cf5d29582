"""From LIA's images to 8-bit frames."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from baselines._shared.stylegan.images import to_frames


def to_uint8(images: Tensor) -> NDArray[np.uint8]:
    """(T, 3, H, W) images -> (T, H, W, 3) uint8 RGB by the fixed range [-1, 1], as the official evaluation does."""
    return to_frames(images, "nearest")


def to_uint8_stretched(images: Tensor) -> NDArray[np.uint8]:
    """The official demo's video: (T, 3, H, W) of a whole clip -> (T, H, W, 3) uint8 RGB.

    The smallest and largest value of the clip become 0 and 255, so contrast depends on the clip. Not for metrics.
    """
    clamped = images.clamp(-1, 1)
    low, high = clamped.min(), clamped.max()
    levels = (clamped - low) / (high - low).clamp_min(1e-12) * 255
    return levels.permute(0, 2, 3, 1).byte().cpu().numpy()
