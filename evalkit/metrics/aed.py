"""AED: average expression distance between generated and driving frames.

Source of the name: Ren et al., PIRenderer, ICCV 2021, there on Deep3DFaceRecon coefficients. The landmark variant
compares pose-normalised brows, eyes and mouth, and so sees the shape of the person too when two people are compared.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows
from evalkit.types import Values


def aed_landmark(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean Euclidean distance of frontalised landmarks (T, K, 2), in outer-eye distances; NaN without a face."""
    check_rows(generated, driving)
    return np.asarray(np.linalg.norm(generated - driving, axis=2).mean(axis=1))


METRICS = (
    Metric(
        id="aed",
        variant="landmark",
        title="AED",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("landmark_expression", "shape"),
        function=aed_landmark,
        settings="euclidean-42pt-eye-distance",
        paper="Ren et al., PIRenderer, ICCV 2021 (idea); expression by pose-normalised landmarks",
        description="Mean distance of pose-normalised brow, eye and mouth landmarks, in outer-eye distances.",
        decimals=4,
    ),
)
