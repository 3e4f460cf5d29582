"""Images in and out of LivePortrait: uint8 RGB outside, [0, 1] inside."""

from __future__ import annotations

import torch
from torch import Tensor

from baselines._shared.native.opencv_resize import resize_linear

SIZE = 256
"""Side of the networks' input."""


def to_input(images: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 RGB -> (B, 3, 256, 256) float32 in [0, 1]; aspect ratio is not kept, no mean is subtracted."""
    if images.shape[1:3] != (SIZE, SIZE):
        images = resize_linear(images, SIZE, SIZE)
    return images.permute(0, 3, 1, 2).float() / 255


def to_uint8(images: Tensor) -> Tensor:
    """(B, 3, H, W) in [0, 1] -> (B, H, W, 3) uint8 RGB; clamped, fractions cut off as in the official writer."""
    return (images.clamp(0, 1) * 255).to(torch.uint8).permute(0, 2, 3, 1)
