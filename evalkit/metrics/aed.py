"""AED: average expression distance between generated and driving frames.

Source: Ren et al., PIRenderer, ICCV 2021: mean absolute difference of the 64 expression coefficients of
Deep3DFaceRecon, `aed[deep3d]`. Other variants put another description of expression into the same formula. The landmark
variant compares pose-normalised brows, eyes and mouth, and so sees the shape of the person too when two people are
compared. Siarohin's AED is an identity distance, `aed_id`.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, DEEP3D_DIFFERENCES, TDDFA_DIFFERENCES, Metric, check_rows
from evalkit.metrics.soft_dtw import in_time
from evalkit.types import Values


def aed_landmark(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean Euclidean distance of frontalised landmarks (T, K, 2), in outer-eye distances; NaN without a face."""
    check_rows(generated, driving)
    return np.asarray(np.linalg.norm(generated - driving, axis=2).mean(axis=1))


def aed(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean absolute difference of expression coefficients (T, K), lower is better; NaN without a face."""
    check_rows(generated, driving)
    return np.asarray(np.abs(generated - driving).mean(axis=1))


_DEEP3D = Metric(
    id="aed",
    variant="deep3d",
    title="AED",
    better="lower",
    reference="driving",
    tasks=BOTH_TASKS,
    input=("deep3d", "expression"),
    function=aed,
    settings="mean-abs-64-coefficients",
    paper="Ren et al., PIRenderer, ICCV 2021",
    description="Mean absolute difference of the 64 Deep3DFaceRecon expression coefficients: the PIRenderer line.",
    differences=DEEP3D_DIFFERENCES,
    decimals=4,
)
_OTHER = replace(_DEEP3D, differences="")
_ALIGNED = ("deep3d", "landmark", "blendshapes")
"""Variants that there are after alignment in time, too."""

_BY_FRAME = (
    _DEEP3D,
    replace(
        _OTHER,
        variant="landmark",
        input=("landmark_expression", "shape"),
        function=aed_landmark,
        settings="euclidean-42pt-eye-distance",
        paper="Ren et al., PIRenderer, ICCV 2021 (idea); expression by pose-normalised landmarks",
        description="Mean distance of pose-normalised brow, eye and mouth landmarks, in outer-eye distances.",
    ),
    replace(
        _OTHER,
        variant="blendshapes",
        input=("mediapipe478", "blendshapes"),
        settings="mean-abs-52-blendshapes",
        paper="Ren et al., PIRenderer, ICCV 2021 (definition); expression by MediaPipe blendshapes",
        description="Mean absolute difference of 52 MediaPipe blendshapes, each between 0 and 1.",
        high=1.0,
    ),
    replace(
        _OTHER,
        variant="3ddfa",
        input=("tddfa_v2", "expression"),
        settings="mean-abs-10-coefficients",
        paper="Ren et al., PIRenderer, ICCV 2021 (definition); expression by 3DDFA_V2, Guo et al., ECCV 2020",
        description="Mean absolute difference of the 10 expression coefficients of 3DDFA_V2, in the model's own units.",
        differences=TDDFA_DIFFERENCES,
        version=2,
    ),
    replace(
        _OTHER,
        variant="emoca",
        input=("emoca", "expression"),
        settings="mean-abs-50-coefficients",
        paper="Wei et al., MagicPortrait, 2025; expression by EMOCA, Danecek et al., CVPR 2022",
        description="Mean absolute difference of EMOCA's 50 FLAME expression coefficients, which the user supplies.",
    ),
    replace(
        _OTHER,
        variant="smirk",
        input=("smirk", "expression"),
        settings="mean-abs-50-coefficients",
        paper="Ren et al., PIRenderer, ICCV 2021 (definition); expression by SMIRK, Retsinas et al., CVPR 2024",
        description="Mean absolute difference of SMIRK's 50 FLAME expression coefficients, which the user supplies.",
        differences="Eyelids and jaw, which SMIRK gives beside the 50 numbers, do not count; they do in "
        "`aed[smirk-eyelids-jaw]`.",
    ),
    replace(
        _OTHER,
        variant="smirk-eyelids-jaw",
        input=("smirk", "face"),
        settings="mean-abs-55: expression_params:50+eyelid_params:2+jaw_params:3",
        paper="Ren et al., PIRenderer, ICCV 2021 (definition); expression by SMIRK, Retsinas et al., CVPR 2024",
        description="Mean absolute difference of all 55 numbers SMIRK describes an expression with: 50 FLAME "
        "coefficients, two eyelids, three of the jaw, which the user supplies.",
        differences="All 55 numbers weigh the same, in SMIRK's own units; we know of no paper that says how it weighs "
        "them.",
    ),
)

METRICS = (*_BY_FRAME, *(in_time(metric, gamma=0.002) for metric in _BY_FRAME if metric.variant in _ALIGNED))
