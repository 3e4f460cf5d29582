"""Fréchet distance of how landmarks move: velocity and acceleration of ten parts of the face, all frames of a protocol.

The idea is that of FVMD, Liu et al., ICML Workshop 2024: compare motion itself, not pictures. FVMD tracks points with a
network and compares histograms of their velocity and acceleration; here the points are MediaPipe's landmarks, gathered
into ten parts, and the rows are velocities and accelerations themselves, in distances of the outer corners of the eyes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, PerSet
from evalkit.metrics.frechet import frechet_distance, sample_notes, statistics
from evalkit.metrics.mesh478 import (
    CHIN,
    LEFT_BROW,
    LEFT_EYE,
    LOWER_LIP,
    NOSE_TIP,
    RIGHT_BROW,
    RIGHT_EYE,
    UPPER_LIP,
    eye_distance,
)
from evalkit.metrics.temporal import steps
from evalkit.types import Values

_PARTS = (RIGHT_BROW, LEFT_BROW, RIGHT_EYE, LEFT_EYE, (NOSE_TIP,), (61,), (291,), UPPER_LIP, LOWER_LIP, (CHIN,))
"""Brows, eyes, tip of the nose, corners of the mouth, lips, chin."""
PERCENT = 100


def velocity_and_acceleration(points: NDArray[Any]) -> Values:
    """(n, 40) rows of landmarks (T, 478, 2), for each frame that has a face and two before it have.

    Twenty numbers are the step from the frame before, twenty its change, in hundredths of the clip's median distance
    of the outer corners of the eyes.
    """
    if not np.isfinite(points).any():
        return np.empty((0, 4 * len(_PARTS)))
    parts = np.stack([points[:, list(part)].mean(axis=1) for part in _PARTS], axis=1)
    scaled = PERCENT * parts.reshape(len(points), -1) / np.nanmedian(eye_distance(points))
    rows = np.concatenate([steps(scaled), steps(scaled, 2)], axis=1)
    return np.asarray(rows[np.isfinite(rows).all(axis=1)])


def motion_fd(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(1,) squared Fréchet distance of rows (N, D) and (M, D), lower is better, 0 for equal sets; NaN for too few."""
    return np.array([frechet_distance(generated, reference)])


METRICS = (
    Metric(
        id="motion_fd",
        variant="mediapipe478",
        title="Motion FD",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("mediapipe478", "points"),
        function=motion_fd,
        settings="frechet|cov/(N-1)|velocity+acceleration of 10 parts, percent of eye distance",
        paper="Liu et al., Fréchet Video Motion Distance, ICML Workshop 2024 (idea)",
        description="Fréchet distance of velocity and acceleration of ten parts of the face, over all frames.",
        differences="FVMD tracks points with a network and compares histograms of windows of 16 frames.",
        level=PerSet(statistics(ddof=1), sample_notes, velocity_and_acceleration),
        decimals=3,
    ),
)
