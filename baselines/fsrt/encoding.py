"""Positional encoding of pixels and keypoints, and the pixel coordinates it takes.

Source: Rochow, Schwarz, Behnke, "FSRT: Facial Scene Representation Transformer for Face Reenactment" (CVPR 2024),
section 3.1 (eq. 3-7).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


def pixel_coordinates(size: int, device: torch.device | None = None) -> Tensor:
    """(size, size, 2) float32 centres of the pixels of a square image, x first, in (-1, 1)."""
    line = (torch.arange(size, dtype=torch.float32, device=device) + 0.5 - size / 2) / (size / 2)
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack((x, y), dim=-1)


def octave_code(values: Tensor, octaves: int, start: int) -> Tensor:
    """Sines, then cosines of `values` times 2^m pi for m = start, ..., start + octaves - 1.

    The highest octave multiplies by about 5e4, where the rounding of float32 shows: each value is multiplied once by
    a factor rounded to the dtype of `values`.

    Args:
        values: (..., d).
        octaves: Number of octaves.
        start: First power of two.

    Returns:
        (..., 2 * d * octaves); within each half the octaves of one coordinate are adjacent.
    """
    factors = torch.tensor([2.0**power * math.pi for power in range(start, start + octaves)], dtype=torch.float64)
    angles = (values[..., None] * factors.to(values)).flatten(-2)
    return torch.cat((angles.sin(), angles.cos()), dim=-1)


@dataclass(frozen=True)
class Encoding:
    """What describes a pixel of an image besides its colour: keypoints, position, expression.

    Attributes:
        num_kp: Keypoints per image that networks are told; 0 leaves head pose to the expression vector (n_K = 0).
        expression_size: Length of the expression vector.
        pix_octaves: Octaves of the pixel code.
        pix_start_octave: First octave of the pixel code.
        kp_octaves: Octaves of the keypoint code.
        kp_start_octave: First octave of the keypoint code; -1 keeps keypoints in (-2, 2) apart.
    """

    num_kp: int = 10
    expression_size: int = 256
    pix_octaves: int = 16
    pix_start_octave: int = -1
    kp_octaves: int = 4
    kp_start_octave: int = -1

    @property
    def positional_size(self) -> int:
        """Channels of the keypoint and the pixel code together (224 by default)."""
        return 4 * self.num_kp * self.kp_octaves + 4 * self.pix_octaves

    def keypoint_code(self, keypoints: Tensor) -> Tensor:
        """(B, K, 2) -> (B, 4 * K * kp_octaves)."""
        return octave_code(keypoints.flatten(1), self.kp_octaves, self.kp_start_octave)

    def positional(self, keypoints: Tensor, pixels: Tensor) -> Tensor:
        """Keypoint code, then pixel code.

        Args:
            keypoints: (B, K, 2).
            pixels: (N, 2) coordinates, the same for every item of the batch.

        Returns:
            (B, N, positional_size).
        """
        pose = self.keypoint_code(keypoints[:, : self.num_kp])[:, None].expand(-1, len(pixels), -1)
        place = octave_code(pixels, self.pix_octaves, self.pix_start_octave)
        return torch.cat((pose, place.to(pose).expand(len(keypoints), -1, -1)), dim=-1)
