"""Keypoints and how the motion between driving frames is carried over to the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scipy.spatial import ConvexHull, QhullError
from torch import Tensor

from baselines._shared.linear import inverse as inverse_of


@dataclass(frozen=True)
class Keypoints:
    """K points per image in D = 2 or 3 dimensions.

    Attributes:
        value: (N, K, D) float32 positions, order x, y(, z); [-1, 1] spans the first to the last pixel centre.
        jacobian: (N, K, D, D) local affine part of the motion, or None.
    """

    value: Tensor
    jacobian: Tensor | None = None

    def __len__(self) -> int:
        """Number of images N."""
        return self.value.shape[0]

    def __getitem__(self, index: slice) -> Keypoints:
        """Some of the images."""
        return Keypoints(self.value[index], None if self.jacobian is None else self.jacobian[index])


def movement_scale(source: Keypoints, initial: Keypoints) -> float:
    """How much larger the source's keypoints spread than those of the initial driving frame.

    sqrt(hull(source)) / sqrt(hull(initial)), hull = area (2-D) or volume (3-D; the square root stays) of the convex
    hull of the keypoints of the first image.

    Raises:
        ValueError: a hull is flat, as with coinciding keypoints.
    """
    return float(_hull(source) ** 0.5 / _hull(initial) ** 0.5)


def _hull(points: Keypoints) -> float:
    try:
        return float(ConvexHull(points.value[0].detach().cpu().numpy()).volume)
    except QhullError as error:
        raise ValueError("the keypoints span no convex hull, so the movement scale is undefined") from error


def relative_motion(source: Keypoints, initial: Keypoints, adapt_scale: bool) -> Callable[[Keypoints], Keypoints]:
    """How driving keypoints move the source's ones (FOMM section 3.4).

    p_s + s (p_d - p_i) and J_d J_i^-1 J_s, with s = `movement_scale` or 1. What does not depend on the driving frame is
    computed here, once: the hulls need the CPU.

    Args:
        source: (1, K, D).
        initial: (1, K, D), driving keypoints where the driving face is posed as the source.
        adapt_scale: scale the movement.

    Returns:
        a function of (N, K, D) driving keypoints that gives N sets for the generator.

    Raises:
        ValueError: a hull is flat.
    """
    # A tensor, since torch.compile would take every number for a program of its own.
    scale = source.value.new_tensor(movement_scale(source, initial) if adapt_scale else 1.0)
    inverse = None if initial.jacobian is None else inverse_of(initial.jacobian)

    def move(driving: Keypoints) -> Keypoints:
        value = source.value + scale * (driving.value - initial.value)
        if driving.jacobian is None or inverse is None or source.jacobian is None:
            return Keypoints(value)
        return Keypoints(value, driving.jacobian @ inverse @ source.jacobian)

    return move
