"""Driving frames in random colours, so that the colours of a person carry no information about the motion.

The encoder reads motion off the recoloured frame; the picture wanted keeps its colours, which come from the source.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
"""Luma and two chroma axes (NTSC), rows for red, green, blue."""


@dataclass(frozen=True)
class Recolouring:
    """x -> `matrix` x + `shift` for every pixel x in [-1, 1]^3, then clamped."""

    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]

    def __call__(self, image: Tensor) -> Tensor:
        """(3, H, W) in [-1, 1] -> the same."""
        matrix, shift = (torch.from_numpy(part).to(image) for part in (self.matrix, self.shift))
        return (torch.einsum("ij,jhw->ihw", matrix, image) + shift[:, None, None]).clamp(-1, 1)


def draw_recolouring(strength: float, rng: np.random.Generator) -> Recolouring:
    """A turn of the hues, and another saturation, contrast and brightness.

    Args:
        strength: 0 leaves colours as they are; at 1 hues turn by up to half a circle, saturation and contrast change by
            factors of up to 2, brightness by up to 0.5.
        rng: gives four numbers.
    """
    hue, saturation, contrast, brightness = rng.uniform(-strength, strength, size=4)
    turn, grow = np.pi * hue, 2.0**saturation
    chroma = grow * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    changed = np.eye(3)
    changed[1:, 1:] = chroma
    matrix = 2.0**contrast * np.linalg.inv(_TO_YIQ) @ changed @ _TO_YIQ
    return Recolouring(matrix, np.full(3, 0.5 * brightness))
