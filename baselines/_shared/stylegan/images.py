"""Between 8-bit frames and the [-1, 1] tensors of the networks."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor


def resize(frame: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB -> (size, size, 3), by PIL's bicubic filter as in the official code of LIA and DPE."""
    if frame.shape[:2] == (size, size):
        return frame
    return np.asarray(Image.fromarray(frame).resize((size, size), Image.Resampling.BICUBIC))


def to_tensor(frames: NDArray[np.uint8]) -> Tensor:
    """(T, H, W, 3) uint8 RGB -> (T, 3, H, W) float32 in [-1, 1]."""
    scaled = torch.tensor(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float() / 255
    return (scaled - 0.5) * 2


def to_frames(images: Tensor, rounding: Literal["nearest", "down"]) -> NDArray[np.uint8]:
    """(T, 3, H, W) images, clamped to [-1, 1] -> (T, H, W, 3) uint8 RGB, with -1 at 0 and 1 at 255."""
    levels = (images.float().clamp(-1, 1) + 1) / 2 * 255
    if rounding == "nearest":
        levels = (levels + 0.5).floor()
    return levels.permute(0, 2, 3, 1).byte().cpu().numpy()
