"""Identity drift: how much the face changes from one frame to the next, against the same in the driving clip.

The amount is 1 - cosine of the embeddings of neighbouring frames. The value is how far it is from that of the driving
clip at the same frame: a face that never changes is no better than one that changes too much. Source: subject
consistency of VBench, Huang et al., CVPR 2024, on face embeddings, as papers of 2025 do; the driving clip is ours.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows
from evalkit.types import Values


def identity_drift(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) absolute difference of 1 - cosine of neighbouring embeddings (T, D); NaN at frame 0 and without a face."""
    check_rows(generated, driving)
    return np.abs(_change(generated) - _change(driving))


def _change(embeddings: NDArray[Any]) -> Values:
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.concatenate([np.full(min(len(unit), 1), np.nan), 1 - (unit[1:] * unit[:-1]).sum(axis=1)])


_DLIB = Metric(
    id="identity_drift",
    variant="dlib",
    title="Identity drift",
    better="lower",
    reference="driving",
    tasks=BOTH_TASKS,
    input=("dlib128", "embedding"),
    function=identity_drift,
    settings="abs difference to driving of 1-cosine of neighbouring frames",
    paper="Huang et al., VBench, CVPR 2024 (subject consistency), on face embeddings",
    description="How far the change of dlib's face embedding from frame to frame is from the driving clip's.",
    high=2.0,
    decimals=4,
    window=2,
    beside="motion",
)

METRICS = (
    _DLIB,
    replace(
        _DLIB,
        variant="mobilefacenet192",
        input=("mobilefacenet192", "embedding"),
        description="How far the change of a small network's face embedding per frame is from the driving clip's.",
    ),
    replace(
        _DLIB,
        variant="arcface",
        input=("arcface", "embedding"),
        description="How far the change of the ArcFace embedding from frame to frame is from the driving clip's.",
    ),
)
