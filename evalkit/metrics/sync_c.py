"""Sync-C: the confidence that lips and sound belong together; also called LSE-C."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric
from evalkit.metrics.sync import DIFFERENCES, PAPER, SETTINGS, distances
from evalkit.types import WHOLE_CLIP, Values


def sync_c(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(T,) one value for all frames: the median of the distances at 31 shifts less the smallest of them.

    `generated` (T, D) are the lips of the generated clip, `reference` (T, D) is the sound of the driving clip.
    """
    found = distances(generated, reference)
    return np.full(len(generated), np.median(found) - found.min())


METRICS = (
    Metric(
        id="sync_c",
        title="Sync-C",
        better="higher",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("syncnet", "lips"),
        reference_feature="sound",
        function=sync_c,
        settings=f"{SETTINGS}, median minus minimum",
        paper=PAPER,
        description="Confidence of SyncNet that the generated lips go with the driving clip's sound; needs 25 fps.",
        differences=DIFFERENCES,
        window=WHOLE_CLIP,
    ),
)
