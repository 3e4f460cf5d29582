"""Sync-D: how far lips and sound are from each other; also called LSE-D."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric
from evalkit.metrics.sync import DIFFERENCES, PAPER, SETTINGS, distances
from evalkit.types import WHOLE_CLIP, Values


def sync_d(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(T,) one value for all frames: the smallest of the mean distances at 31 shifts.

    `generated` (T, D) are the lips of the generated clip, `reference` (T, D) is the sound of the driving clip.
    """
    return np.full(len(generated), distances(generated, reference).min())


METRICS = (
    Metric(
        id="sync_d",
        title="Sync-D",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("syncnet", "lips"),
        reference_feature="sound",
        function=sync_d,
        settings=f"{SETTINGS}, minimum",
        paper=PAPER,
        description="SyncNet's distance between the generated lips and the driving clip's sound; needs 25 fps.",
        differences=DIFFERENCES,
        window=WHOLE_CLIP,
    ),
)
