"""Jitter: trembling of the head while the driving head is at rest, against that of the driving clip.

Of eye corners and nose, which expression hardly moves, the second difference over three frames is taken: a smooth turn
has almost none. The amount of a frame is its mean length, in distances of the outer corners of the eyes. The head is at
rest where the driving clip moves these points by less than half a percent of that distance in each of the two steps.
The value is how far the amount is from the driving clip's, whose own jitter is that of camera and detector; frames
without rest have none. Source: ours; the second difference is the acceleration error of Kanazawa et al., CVPR 2019.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows
from evalkit.metrics.mesh478 import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from evalkit.metrics.mesh478 import RIGID as RIGID478
from evalkit.metrics.temporal import steps
from evalkit.types import Values

AT_REST = 0.005
"""Distances of the outer corners of the eyes per frame."""
RIGID68, EYES68 = (*range(27, 36), 36, 39, 42, 45), (36, 45)


def jitter(generated: NDArray[Any], driving: NDArray[Any], rigid: Sequence[int], eyes: tuple[int, int]) -> Values:
    """(T,) absolute difference of the trembling of landmarks (T, K, 2) in eye distances; NaN unless at rest.

    `rigid` are the landmarks that are followed, `eyes` the outer corners of the eyes.
    """
    check_rows(generated, driving)
    ours, theirs = (_in_eye_distances(points, rigid, eyes) for points in (generated, driving))
    speed = _length(steps(theirs))
    rest = np.maximum(speed, np.concatenate([[np.nan], speed[:-1]])) < AT_REST
    return np.where(rest, np.abs(_length(steps(ours, 2)) - _length(steps(theirs, 2))), np.nan)


def _in_eye_distances(points: NDArray[Any], rigid: Sequence[int], eyes: tuple[int, int]) -> Values:
    distance = np.linalg.norm(points[:, eyes[0]] - points[:, eyes[1]], axis=1)
    there = distance[np.isfinite(distance)]
    return np.asarray(points[:, list(rigid)] / (np.median(there) if len(there) else np.nan))


def _length(vectors: Values) -> Values:
    return np.asarray(np.linalg.norm(vectors, axis=2).mean(axis=1))


METRICS = tuple(
    Metric(
        id="jitter",
        variant=detector,
        title="Jitter",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=(detector, "points"),
        function=partial(jitter, rigid=rigid, eyes=eyes),
        settings=f"abs difference to driving of second differences, {len(rigid)} points, rest {AT_REST} eye distances",
        paper="ours; acceleration after Kanazawa et al., Learning 3D Human Dynamics from Video, CVPR 2019",
        description=f"How far trembling of the head at rest is from the driving clip's, by {words}, in eye distances.",
        decimals=4,
        window=3,
        beside="motion",
    )
    for detector, words, rigid, eyes in (
        ("mediapipe478", "MediaPipe", RIGID478, (RIGHT_EYE_OUTER, LEFT_EYE_OUTER)),
        ("dlib68", "dlib", RIGID68, EYES68),
    )
)
