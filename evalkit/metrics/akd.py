"""AKD: average keypoint distance between generated and driving landmarks, in pixels of the protocol's resolution.

Two distances are in use: the Euclidean one, and the mean absolute coordinate difference of the FOMM line, which is
about pi/2 times smaller (`pose-evaluation`, cmp_kp.py). Neither is divided by the size of the face.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import POOLED_FRAMES, SELF_ONLY, Metric, check_rows
from evalkit.metrics.soft_dtw import in_time
from evalkit.types import Values


def akd(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean Euclidean distance of landmarks (T, K, 2) in pixels, lower is better; NaN where a face is missing."""
    check_rows(generated, driving)
    return np.asarray(np.linalg.norm(generated - driving, axis=2).mean(axis=1))


def akd_mean_abs(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean absolute difference over the 2K coordinates of landmarks (T, K, 2) in pixels, lower is better."""
    check_rows(generated, driving)
    return np.asarray(np.abs(generated - driving).mean(axis=(1, 2)))


_FOMM = "Siarohin et al., First Order Motion Model, NeurIPS 2019"
_FOMM_DIFFERENCES = (
    "The largest face by SCRFD's box counts, in pose-evaluation the first in face_alignment's list, which is S3FD's. "
    + POOLED_FRAMES
)
_DETECTORS = (
    ("fan68", "68 FAN landmarks", _FOMM, _FOMM_DIFFERENCES),
    ("dlib68", "68 dlib landmarks", _FOMM, "The FOMM line takes FAN's landmarks, not dlib's."),
    ("mtcnn5", "the 5 MTCNN keypoints", "G3FA (AKD on MTCNN keypoints)", "G3FA states neither distance nor failures."),
    ("mediapipe478", "478 MediaPipe landmarks", f"{_FOMM} (definition)", "The FOMM line takes FAN's landmarks."),
)
"""(detector, words, paper, differences)."""

_DISTANCES = (
    ("", "AKD", akd, "euclidean-px", "Mean Euclidean distance of {}, in pixels."),
    (
        "-mean-abs",
        "AKD (abs)",
        akd_mean_abs,
        "mean-abs-px",
        "Mean absolute coordinate difference of {}, in pixels: the FOMM line's formula.",
    ),
)
"""(suffix of the variant, title, function, settings, description)."""

_BY_FRAME = tuple(
    Metric(
        id="akd",
        variant=detector + suffix,
        title=title,
        better="lower",
        reference="driving",
        tasks=SELF_ONLY,
        input=(detector, "points"),
        function=function,
        settings=settings,
        paper=paper,
        description=description.format(words),
        differences=differences,
        unit="px",
        decimals=2,
    )
    for detector, words, paper, differences in _DETECTORS
    for suffix, title, function, settings, description in _DISTANCES
)

METRICS = (*_BY_FRAME, *(in_time(metric, gamma=0.1) for metric in _BY_FRAME if metric.function is akd))
