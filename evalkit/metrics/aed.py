"""AED: average expression distance between generated and driving frames.

Source: Ren et al., PIRenderer, ICCV 2021: mean absolute difference of the 64 expression coefficients of
Deep3DFaceRecon, `aed[deep3d]`. Other variants put another description of expression into the same formula. The landmark
variant compares pose-normalised brows, eyes and mouth, and so sees the shape of the person too when two people are
compared. Siarohin's AED is an identity distance, `aed_id`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, DEEP3D_DIFFERENCES, Metric, check_rows
from evalkit.types import Values


def aed_landmark(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean Euclidean distance of frontalised landmarks (T, K, 2), in outer-eye distances; NaN without a face."""
    check_rows(generated, driving)
    return np.asarray(np.linalg.norm(generated - driving, axis=2).mean(axis=1))


def aed(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean absolute difference of expression coefficients (T, K), lower is better; NaN without a face."""
    check_rows(generated, driving)
    return np.asarray(np.abs(generated - driving).mean(axis=1))


METRICS = tuple(
    Metric(
        id="aed",
        variant=variant,
        title="AED",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=source,
        function=function,
        settings=settings,
        paper=paper,
        description=description,
        differences=DEEP3D_DIFFERENCES if source[0] == "deep3d" else "",
        high=high,
        decimals=4,
    )
    for variant, source, function, settings, high, paper, description in (
        (
            "deep3d",
            ("deep3d", "expression"),
            aed,
            "mean-abs-64-coefficients",
            float("inf"),
            "Ren et al., PIRenderer, ICCV 2021",
            "Mean absolute difference of the 64 Deep3DFaceRecon expression coefficients: the PIRenderer line.",
        ),
        (
            "landmark",
            ("landmark_expression", "shape"),
            aed_landmark,
            "euclidean-42pt-eye-distance",
            float("inf"),
            "Ren et al., PIRenderer, ICCV 2021 (idea); expression by pose-normalised landmarks",
            "Mean distance of pose-normalised brow, eye and mouth landmarks, in outer-eye distances.",
        ),
        (
            "blendshapes",
            ("mediapipe478", "blendshapes"),
            aed,
            "mean-abs-52-blendshapes",
            1.0,
            "Ren et al., PIRenderer, ICCV 2021 (definition); expression by MediaPipe blendshapes",
            "Mean absolute difference of 52 MediaPipe blendshapes, each between 0 and 1.",
        ),
        (
            "3ddfa",
            ("tddfa_v2", "expression"),
            aed,
            "mean-abs-10-coefficients",
            float("inf"),
            "Ren et al., PIRenderer, ICCV 2021 (definition); expression by 3DDFA_V2, Guo et al., ECCV 2020",
            "Mean absolute difference of the 10 expression coefficients of 3DDFA_V2, in the model's own units.",
        ),
        (
            "emoca",
            ("emoca", "expression"),
            aed,
            "mean-abs-50-coefficients",
            float("inf"),
            "Wei et al., MagicPortrait, 2025; expression by EMOCA, Danecek et al., CVPR 2022",
            "Mean absolute difference of EMOCA's 50 FLAME expression coefficients, which the user brings.",
        ),
        (
            "smirk",
            ("smirk", "expression"),
            aed,
            "mean-abs-50-coefficients",
            float("inf"),
            "Ren et al., PIRenderer, ICCV 2021 (definition); expression by SMIRK, Retsinas et al., CVPR 2024",
            "Mean absolute difference of SMIRK's 50 FLAME expression coefficients, which the user brings.",
        ),
    )
)
