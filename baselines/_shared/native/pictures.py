"""Frames to tensors and back, by the rule of the package."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalkit.clips import video
from evalkit.types import Frames


def resized(frames: Frames, size: int) -> Frames:
    """(T, H, W, 3) -> (T, size, size, 3), frame by frame with `video.fit`."""
    if frames.shape[1:3] == (size, size):
        return frames
    return np.stack([video.fit(frame, size) for frame in frames])


def to_tensor(frames: Frames, size: int) -> Tensor:
    """(T, H, W, 3) uint8 RGB -> (T, 3, size, size) float32 in [0, 1]."""
    pictures = torch.from_numpy(np.array(resized(frames, size)))
    return pictures.permute(0, 3, 1, 2).contiguous().float() / 255


def to_frames(images: Tensor, size: int) -> NDArray[np.generic]:
    """(T, 3, h, h) images -> (T, size, size, 3), clamped to [0, 1].

    float32 in [0, 1] when h is `size`; else rounded to the nearest of 256 levels and resized, uint8. NaN stays NaN in
    the first case and is passed on as float in the second, so that nobody takes it for a picture.
    """
    pictures = images.float().clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
    if pictures.shape[1] == size or not np.isfinite(pictures).all():
        return np.ascontiguousarray(pictures)
    return resized(video.to_uint8(pictures), size)
