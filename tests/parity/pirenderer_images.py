"""Images in and out of PIRenderer: uint8 RGB outside, [-1, 1] inside."""

from __future__ import annotations

import torch
from torch import Tensor


def to_input(images: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 RGB -> (B, 3, H, W) float32 in [-1, 1]."""
    return images.permute(0, 3, 1, 2).float() / 255 * 2 - 1


def to_uint8(images: Tensor) -> Tensor:
    """(B, 3, H, W) in [-1, 1] -> (B, H, W, 3) uint8 RGB; clamped, fractions cut off as in the official writer."""
    scaled = (images.clamp(-1, 1) + 1) / 2 * 255
    return scaled.to(torch.uint8).permute(0, 2, 3, 1)
