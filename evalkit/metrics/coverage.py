"""Coverage: the share of generated frames in which a detector finds a face.

Every number is printed with its own coverage anyway; as a metric it can be compared and gated. Source: the failure
counts that detector-based scores leave out (pose-evaluation skips such frames without a word).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, PerFrame, check_rows, found
from evalkit.types import Values


def coverage(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) 1 where the generated frame has a face, else 0, for landmarks (T, K, 2); higher is better."""
    check_rows(generated, driving)
    return found(generated).astype(np.float64)


METRICS = tuple(
    Metric(
        id="coverage",
        variant=detector,
        title="Coverage",
        better="higher",
        reference="driving",
        tasks=BOTH_TASKS,
        input=(detector, "points"),
        function=coverage,
        settings="share-of-frames",
        paper="the detection failures that face metrics leave out",
        description=f"Share of generated frames in which {words} finds a face.",
        high=1.0,
        level=PerFrame(missing_is_value=True),
    )
    for detector, words in (
        ("dlib68", "dlib"),
        ("scrfd", "SCRFD-10G"),
        ("mtcnn5", "MTCNN"),
        ("mediapipe478", "MediaPipe"),
    )
)
