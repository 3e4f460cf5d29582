"""Dynamics of lips, brows and head: do they move as much as in the driving clip?

The amounts are those of THEval, Quignon et al., CVPR 2026, read in its code: of lips the variance over time of the
distances between 40 lip landmarks, over eye distance; of brows the mean step of the height of a brow over its eye; of
the head the root of (mean standard deviation of yaw, pitch and roll) times (mean variance of their steps), in degrees.
The value is 1 - smaller / larger of the amounts of the two clips: 0 when they are equal, 1 for what does not move.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows, found
from evalkit.metrics.mesh478 import brow_heights, lip_distances
from evalkit.metrics.temporal import amount_missed, of_clip, steps
from evalkit.types import WHOLE_CLIP, Values


def lips(points: NDArray[Any]) -> float:
    """Mean variance over time of distances between lip landmarks (T, 478, 2), all with a face, in eye distances."""
    return float(lip_distances(points).var(axis=0).mean())


def brows(points: NDArray[Any]) -> float:
    """Mean absolute step of the height of the brows, in distances of the eyes' centres."""
    return float(np.abs(steps(brow_heights(points))[1:]).mean())


def head(angles: NDArray[Any]) -> float:
    """How much and how unevenly yaw, pitch and roll (T, 3) in radians change, in degrees to the power of 1.5."""
    turned = np.rad2deg(np.unwrap(angles, axis=0))
    return float(np.sqrt(turned.std(axis=0).mean() * np.diff(turned, axis=0).var(axis=0).mean()))


def dynamics(generated: NDArray[Any], driving: NDArray[Any], amount: Callable[[NDArray[Any]], float]) -> Values:
    """(T,) 1 - smaller / larger of the amounts of two clips, over frames with both faces; the same at every frame."""
    check_rows(generated, driving)
    both = found(generated) & found(driving)
    if both.sum() < 3:
        return of_clip(np.nan, len(both))
    return of_clip(amount_missed(amount(generated[both]), amount(driving[both])), len(both))


METRICS = tuple(
    Metric(
        id="dynamics",
        variant=variant,
        title=f"{variant.capitalize()} dynamics",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("mediapipe478", feature),
        function=partial(dynamics, amount=amount),
        settings=f"1-min/max of {settings}, per clip",
        paper="Quignon et al., THEval, CVPR 2026",
        description=f"How far the movement of {words} is from the driving clip's: 0 as much, 1 for none.",
        differences=f"THEval compares means over all clips, by 1 - difference / true amount. {differences}".rstrip(),
        high=1.0,
        window=WHOLE_CLIP,
    )
    for variant, feature, amount, words, settings, differences in (
        ("lips", "points", lips, "the lips", "variance of lip distances", ""),
        ("brows", "points", brows, "the brows", "mean step of brow heights", ""),
        (
            "head",
            "angles",
            head,
            "the head",
            "root of spread times variance of steps of angles",
            "Its angles are FaceXFormer's, and it adds the variance of the face box's centre in pixels.",
        ),
    )
)
