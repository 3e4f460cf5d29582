"""What a method of the family can do: read the source once, read and render driving frames in batches.

`baselines._shared.native.motion_field.MotionAnimator` drives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from torch import Tensor

from baselines._shared.motion.keypoints import Keypoints

E = TypeVar("E")


@dataclass(frozen=True)
class Source(Generic[E]):
    """A source image as a method sees it.

    Attributes:
        keypoints: (1, K, D).
        encoding: whatever else depends on the source only.
    """

    keypoints: Keypoints
    encoding: E


class MotionMethod(Protocol):
    """What `MotionAnimator` needs; images are (N, 3, H, W) float32 RGB in [0, 1]."""

    def read_source(self, image: Tensor) -> Source[Any]:
        """Encode the one source image."""

    def read_motion(self, source: Source[Any], frames: Tensor) -> Keypoints:
        """Keypoints of N driving frames."""

    def render(self, source: Source[Any], driving: Keypoints) -> Tensor:
        """N generated frames for keypoints of driving frames, or moved by `relative_motion`."""
