"""Mouth: correlation over a clip between the opening of the generated and of the driving mouth.

The opening is the mean distance between the inner edges of the lips, in distances of the outer corners of the eyes.
Pearson's correlation does not ask how far a mouth opens, only when; `aed` and `dynamics[lips]` ask the rest. A clip
whose driving mouth does not move has no value; a generated mouth that does not move counts 0. Source: ours.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows, found
from evalkit.metrics.mesh478 import mouth_opening
from evalkit.metrics.temporal import of_clip
from evalkit.types import WHOLE_CLIP, Values

STILL = 0.005
"""A mouth whose opening has less standard deviation than this, in eye distances, does not move."""


def mouth(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) Pearson's r of the openings of landmarks (T, 478, 2), higher is better, the same at every frame.

    NaN where the driving mouth does not move, or fewer than three frames have both faces.
    """
    check_rows(generated, driving)
    both = found(generated) & found(driving)
    ours, theirs = mouth_opening(generated[both]), mouth_opening(driving[both])
    if both.sum() < 3 or theirs.std() < STILL:
        return of_clip(np.nan, len(both))
    together = ((ours - ours.mean()) * (theirs - theirs.mean())).mean()
    spread = ours.std() * theirs.std()
    # What rounding leaves of a mouth that stands still may point anywhere.
    return of_clip(float(np.clip(together / spread, -1, 1)) if ours.std() > 1e-9 else 0.0, len(both))


METRICS = (
    Metric(
        id="mouth",
        title="Mouth r",
        better="higher",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("mediapipe478", "points"),
        function=mouth,
        settings="pearson of lip gap over eye distance, 8 couples, still below 0.005, per clip",
        paper="ours",
        description="Correlation over a clip between the openings of the generated and the driving mouth.",
        low=-1.0,
        high=1.0,
        window=WHOLE_CLIP,
    ),
)
