"""MKR: missing-keypoint rate, the share of driving faces that have no face in the generated frame.

Source: Siarohin's `pose-evaluation`, there on the joints of a body, of which single ones can be missing; a face
detector gives all landmarks of a frame or none.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, PerFrame, check_rows, found
from evalkit.types import Values


def mkr(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) 1 where the generated face is missing, 0 where it is there, NaN where the driving face is missing."""
    check_rows(generated, driving)
    return np.where(found(driving), 1.0 - found(generated), np.nan)


METRICS = tuple(
    Metric(
        id="mkr",
        variant=detector,
        title="MKR",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=(detector, "points"),
        function=mkr,
        settings="missing-share-of-driving-faces",
        paper="Siarohin et al., First Order Motion Model, NeurIPS 2019 (pose-evaluation)",
        description=f"Share of the driving faces {words} finds that have no face in the generated frame.",
        high=1.0,
        level=PerFrame(missing_is_value=True),
    )
    for detector, words in (("dlib68", "dlib"), ("mtcnn5", "MTCNN"), ("mediapipe478", "MediaPipe"))
)
