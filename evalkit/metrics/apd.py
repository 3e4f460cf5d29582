"""APD: average pose distance, the mean absolute difference of head-pose angles between generated and driving frames.

Source: Ren et al., PIRenderer, ICCV 2021, there on Deep3DFaceRecon angles. Here on the pose fitted to 68 landmarks.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows
from evalkit.types import Values


def apd(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean over yaw, pitch and roll of |difference|, wrapped to half a turn, for angles (T, 3) in radians."""
    check_rows(generated, driving)
    difference = np.abs(generated - driving) % (2 * np.pi)
    return np.asarray(np.minimum(difference, 2 * np.pi - difference).mean(axis=1))


METRICS = (
    Metric(
        id="apd",
        variant="landmark",
        title="APD",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("landmark_pose", "angles"),
        function=apd,
        settings="mean-abs-3-angles-rad",
        paper="Ren et al., PIRenderer, ICCV 2021 (definition); pose by landmark fit",
        description="Mean absolute difference of yaw, pitch and roll in radians, pose fitted to 68 dlib landmarks.",
        unit="rad",
        high=float(np.pi),
        decimals=4,
    ),
)
