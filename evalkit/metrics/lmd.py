"""LMD: landmark distance of the mouth between generated and driving frames, head motion taken out by the mouth's mean.

Source: Chen et al., Lip Movements Generation at a Glance, ECCV 2018. The 20 mouth landmarks (iBUG 48..67) of each side
are centred on their own mean in every frame: shifts do not count, but scale and roll do. Pixels, not divided by a face.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import SELF_ONLY, Metric, check_rows
from evalkit.types import Values


def lmd(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean distance of centred mouth landmarks in pixels for landmarks (T, 68, 2); NaN where a face is missing."""
    check_rows(generated, driving)
    difference = (generated - driving)[:, 48:68]
    return np.asarray(np.linalg.norm(difference - difference.mean(axis=1, keepdims=True), axis=2).mean(axis=1))


METRICS = (
    Metric(
        id="lmd",
        variant="dlib68",
        title="LMD",
        better="lower",
        reference="driving",
        tasks=SELF_ONLY,
        input=("dlib68", "points"),
        function=lmd,
        settings="mouth-48..67-centred-per-frame-euclidean-px",
        paper="Chen et al., Lip Movements Generation at a Glance, ECCV 2018",
        description="Mean Euclidean distance of 20 dlib mouth landmarks, each side centred on its mean, in pixels.",
        unit="px",
        decimals=2,
    ),
)
