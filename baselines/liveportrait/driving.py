"""Driving rules: which parts of the driving motion reach the source's keypoints, before stitching.

Facts of the official inference code (`live_portrait_pipeline`).
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from scipy.spatial import ConvexHull
from torch import Tensor

from baselines.liveportrait.motion import Motion, posed

Region = Literal["all", "exp", "pose", "lip", "eyes"]

LIP_POINTS = (6, 12, 14, 17, 19, 20)
EYE_POINTS = (11, 13, 15, 16, 18)

ABSOLUTE_AXES: dict[int, tuple[int, ...]] = {
    **dict.fromkeys((1, 2, 6, *range(11, 21)), (0, 1, 2)),
    3: (1,),
    4: (1,),
    5: (2,),
    8: (2,),
    9: (1, 2),
}
"""Keypoint -> axes whose expression is taken over from the driving frame in absolute mode."""


def driven_keypoints(
    source: Motion, driving: Motion, *, relative: bool, region: Region = "all", neutral: Tensor | None = None
) -> Tensor:
    """Pose the source's canonical keypoints with the driving motion.

    Args:
        source: motion of the source, one face.
        driving: motion of all T driving frames; in relative mode the first is where motion starts.
        relative: add the change since the first driving frame to the source's motion, instead of taking it over.
        region: what is driven: everything, expression, pose, lips or eyes.
        neutral: (1, K, 3) expression of a closed, resting mouth, subtracted when a still image drives in relative mode.
            Such an image is its own first frame. None for a driving video.

    Returns:
        (T, K, 3) keypoints.
    """
    exp = _expression(source, driving, relative, region, neutral)
    turns = region in ("all", "pose")
    rotation, t, scale = source.rotation, source.t, source.scale
    if turns and relative:
        rotation = driving.rotation @ driving.rotation[:1].transpose(1, 2) @ source.rotation
        t = source.t + driving.t - driving.t[:1]
    elif turns:
        rotation, t = driving.rotation, driving.t
    if relative and region == "all":
        scale = source.scale * driving.scale / driving.scale[:1]
    return posed(source.kp, rotation, exp, scale.expand(len(exp), -1), t)


def _expression(source: Motion, driving: Motion, relative: bool, region: Region, neutral: Tensor | None) -> Tensor:
    """(T, K, 3) expression offsets."""
    taken = _driven_entries(source.exp.shape[1], relative, region).to(source.exp.device)
    if not relative:
        moved = driving.exp
    elif neutral is None:
        moved = source.exp + driving.exp - driving.exp[:1]
    else:  # the resting expression is only known for the mouth
        moved = source.exp + driving.exp - (torch.zeros_like(neutral) if region == "eyes" else neutral)
    return torch.where(taken, moved, source.exp)


def _driven_entries(points: int, relative: bool, region: Region) -> Tensor:
    """(K, 3) bool: expression entries that follow the driving frame."""
    taken = torch.zeros(points, 3, dtype=torch.bool)
    if region == "lip":
        taken[list(LIP_POINTS)] = True
    elif region == "eyes":
        taken[list(EYE_POINTS)] = True
    elif region in ("all", "exp"):
        for point, axes in ABSOLUTE_AXES.items():
            taken[point, list(axes)] = True
        taken |= relative
    return taken


def expression_friendly(source: Tensor, driven: Tensor) -> Tensor:
    """Rescale the motion since the first frame by the size of the source's keypoint cloud.

    Args:
        source: (1, K, 3) source keypoints.
        driven: (T, K, 3) from `driven_keypoints`, relative mode.

    Returns:
        (T, K, 3). Relative motion starts at the source, so only rounding changes; kept because it is the official
        default and other rules may start elsewhere.
    """
    factor = math.sqrt(_hull_volume(source) / _hull_volume(driven[:1]))
    return source + factor * (driven - driven[:1])


def _hull_volume(keypoints: Tensor) -> float:
    return float(ConvexHull(keypoints[0].double().cpu().numpy()).volume)
