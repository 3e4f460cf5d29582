"""Three ways to resize frames to the 299x299 input of the FID network; they change FID, so each is a variant.

All take frames (T, H, W, 3) uint8 RGB and give (T, 3, 299, 299) float32, about [-1, 1].
"""

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from evalkit.types import Frames

SIDE = 299


def bilinear(frames: Frames) -> Tensor:
    """Plain bilinear, half-pixel centres, no antialiasing, then 2x - 1: pytorch-fid."""
    scaled = _planes(frames) / 255
    return 2 * F.interpolate(scaled, size=(SIDE, SIDE), mode="bilinear", align_corners=False) - 1


def antialiased(frames: Frames) -> Tensor:
    """Pillow bicubic on float channels, clipped to [0, 255], not rounded, then (x - 128) / 128: clean-fid >= 0.1.23.

    Earlier releases did not clip.
    """
    resized = np.stack([np.stack([_pillow(frame[..., c]) for c in range(3)]) for frame in frames])
    return (torch.from_numpy(resized.clip(0, 255)) - 128) / 128


def tensorflow1(frames: Frames) -> Tensor:
    """Bilinear of TensorFlow 1 (corner-anchored: source = destination * in / out), then (x - 128) / 128.

    Source: `resize_bilinear` with `half_pixel_centers=False, align_corners=False`; as in torch-fidelity.
    """
    planes = _planes(frames)
    low, high, weight = _corner_anchored(planes.shape[3])
    left, right = planes[..., low], planes[..., high]
    rows = left + (right - left) * weight
    low, high, weight = _corner_anchored(planes.shape[2])
    top, bottom = rows[:, :, low], rows[:, :, high]
    return (top + (bottom - top) * weight[:, None] - 128) / 128


def _corner_anchored(size: int) -> tuple[Tensor, Tensor, Tensor]:
    """For each of the 299 outputs: the two inputs it lies between and the share of the second."""
    position = torch.arange(SIDE, dtype=torch.float32) * torch.tensor(size / SIDE, dtype=torch.float32)
    low = position.long()
    return low, (low + 1).clamp_max(size - 1), position - low


def _planes(frames: Frames) -> Tensor:
    """(T, 3, H, W) float32, 0..255."""
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))).float()


def _pillow(channel: NDArray[np.uint8]) -> NDArray[np.float32]:
    resized = Image.fromarray(channel.astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(resized)
