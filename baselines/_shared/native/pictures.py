"""Frames to tensors and back, by the rules of a method."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines._shared.native.resizing import Resize, by_pillow
from evalkit.clips import video
from evalkit.types import Frames


def resized(frames: Frames, size: int) -> Frames:
    """(T, H, W, 3) -> (T, size, size, 3), frame by frame with `video.fit`."""
    if frames.shape[1:3] == (size, size):
        return frames
    return np.stack([video.fit(frame, size) for frame in frames])


def to_tensor(frames: Frames, size: int, resize: Resize = by_pillow) -> Tensor:
    """(T, H, W, 3) uint8 RGB -> (T, 3, size, size) float32 in [0, 1]; frames of that size meet no filter."""
    if frames.shape[1:3] != (size, size):
        return resize(frames, size)
    return torch.from_numpy(np.array(frames)).permute(0, 3, 1, 2).contiguous().float() / 255


def to_frames(images: Tensor, size: int, rounding: str = "nearest") -> NDArray[np.generic]:
    """(T, 3, h, h) images -> (T, size, size, 3), clamped to [0, 1].

    With `rounding` "down" the fractions of 256 levels are cut off, as writers of some official demos do. With "nearest"
    it is float32 in [0, 1], which evalkit rounds, when h is `size`. Of another size it is uint8, resized by `resized`
    after it was rounded. NaN stays NaN and is passed on as float, so that nobody takes it for a picture.
    """
    pictures = images.float().clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
    alike = pictures.shape[1] == size
    if not np.isfinite(pictures).all() or (alike and rounding == "nearest"):
        return np.ascontiguousarray(pictures)
    levels = (pictures * np.float32(255)).astype(np.uint8) if rounding == "down" else video.to_uint8(pictures)
    return np.ascontiguousarray(resized(levels, size))
