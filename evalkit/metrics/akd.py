"""AKD: average keypoint distance between generated and driving landmarks, in pixels of the protocol's resolution.

Two distances are in use: the Euclidean one, and the mean absolute coordinate difference of the FOMM line, which is
about pi/2 times smaller (`pose-evaluation`, cmp_kp.py). Neither is divided by the size of the face.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import SELF_ONLY, Metric, check_rows
from evalkit.types import Values


def akd(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean Euclidean distance of landmarks (T, K, 2) in pixels, lower is better; NaN where a face is missing."""
    check_rows(generated, driving)
    return np.asarray(np.linalg.norm(generated - driving, axis=2).mean(axis=1))


def akd_mean_abs(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean absolute difference over the 2K coordinates of landmarks (T, K, 2) in pixels, lower is better."""
    check_rows(generated, driving)
    return np.asarray(np.abs(generated - driving).mean(axis=(1, 2)))


_DETECTORS = (
    ("dlib68", "dlib68", "68 dlib landmarks", "Siarohin et al., First Order Motion Model, NeurIPS 2019"),
    ("fan68", "fan68", "68 FAN landmarks", "Siarohin et al., First Order Motion Model, NeurIPS 2019"),
    ("mtcnn5", "mtcnn5", "the 5 MTCNN keypoints", "G3FA (AKD on MTCNN keypoints)"),
    ("mediapipe478", "mediapipe478", "478 MediaPipe landmarks", "Siarohin et al., NeurIPS 2019 (definition)"),
)
"""(variant, extractor, words, paper)."""

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

METRICS = tuple(
    Metric(
        id="akd",
        variant=variant + suffix,
        title=title,
        better="lower",
        reference="driving",
        tasks=SELF_ONLY,
        input=(extractor, "points"),
        function=function,
        settings=settings,
        paper=paper,
        description=description.format(words),
        unit="px",
        decimals=2,
    )
    for variant, extractor, words, paper in _DETECTORS
    for suffix, title, function, settings, description in _DISTANCES
)
