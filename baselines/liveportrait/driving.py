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
    source: Motion, driving: Motion, start: Motion | None, region: Region = "all", neutral: Tensor | None = None
) -> Tensor:
    """Pose the source's canonical keypoints with the driving motion.

    Args:
        source: motion of the source, one face.
        driving: motion of T driving frames.
        start: motion of the frame where relative motion starts: the change since then is added to the source's motion.
            None: absolute motion, which is taken over.
        region: what is driven: everything, expression, pose, lips or eyes.
        neutral: (1, K, 3) expression of a closed, resting mouth, subtracted when a still image drives in relative mode.
            Such an image is its own first frame. None for a driving video.

    Returns:
        (T, K, 3) keypoints.
    """
    exp = _expression(source, driving, start, region, neutral)
    turns = region in ("all", "pose")
    rotation, t, scale = source.rotation, source.t, source.scale
    if turns and start is not None:
        rotation = driving.rotation @ start.rotation.transpose(1, 2) @ source.rotation
        t = source.t + driving.t - start.t
    elif turns:
        rotation, t = driving.rotation, driving.t
    if start is not None and region == "all":
        scale = source.scale * driving.scale / start.scale
    return posed(source.kp, rotation, exp, scale.expand(len(exp), -1), t)


def _expression(
    source: Motion, driving: Motion, start: Motion | None, region: Region, neutral: Tensor | None
) -> Tensor:
    """(T, K, 3) expression offsets."""
    taken = _driven_entries(source.exp.shape[1], start is not None, region).to(source.exp.device, non_blocking=True)
    if start is None:
        moved = driving.exp
    elif neutral is None:
        moved = source.exp + driving.exp - start.exp
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


def friendly_factor(source: Tensor, first: Tensor) -> float:
    """How much relative motion is enlarged: the square root of the hulls' ratio, source over first driven frame.

    Relative motion starts at the source, so that only rounding changes; kept because it is the official default and
    other rules may start elsewhere.

    Args:
        source: (1, K, 3) source keypoints.
        first: (1, K, 3) from `driven_keypoints`, of the frame where relative motion starts.
    """
    return math.sqrt(_hull_volume(source) / _hull_volume(first))


def _hull_volume(keypoints: Tensor) -> float:
    return float(ConvexHull(keypoints[0].double().cpu().numpy()).volume)
