"""APD: average pose distance, the mean absolute difference of head-pose angles between generated and driving frames.

Source: Ren et al., PIRenderer, ICCV 2021, on Deep3DFaceRecon angles in radians: `apd[deep3d]`. The script that
survives in the Next3D repository has the translation as a commented alternative, OTAvatar reports it that way. The
other variants are the same formula on other pose estimators, which agree on changes of pose far better than on absolute
angles. MagicPortrait takes SMIRK's axis-angle vector, number by number.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, DEEP3D_DIFFERENCES, Metric, check_rows
from evalkit.types import Values


def apd(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean over yaw, pitch and roll of |difference|, wrapped to half a turn, for angles (T, 3) in radians."""
    check_rows(generated, driving)
    difference = np.abs(generated - driving) % (2 * np.pi)
    return np.asarray(np.minimum(difference, 2 * np.pi - difference).mean(axis=1))


def apd_degrees(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """`apd` in degrees, for angles (T, 3) in radians."""
    return np.degrees(apd(generated, driving))


def apd_unwrapped(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) mean absolute difference of pose numbers (T, K) as they are.

    Three angles in radians and three translations, unweighted; or the three numbers of an axis-angle vector.
    """
    check_rows(generated, driving)
    return np.asarray(np.abs(generated - driving).mean(axis=1))


_RADIANS = (apd, "mean-abs-3-angles-rad", "rad", float(np.pi))
_IDEA = "Ren et al., PIRenderer, ICCV 2021 (definition); "
_WORDS = "Mean absolute difference of yaw, pitch and roll in radians, "

METRICS = tuple(
    Metric(
        id="apd",
        variant=variant,
        title="APD",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=source,
        function=function,
        settings=settings,
        paper=paper,
        description=description,
        differences=DEEP3D_DIFFERENCES if source[0] == "deep3d" else "",
        unit=unit,
        high=high,
        decimals=4,
    )
    for variant, source, (function, settings, unit, high), paper, description in (
        (
            "deep3d",
            ("deep3d", "angles"),
            _RADIANS,
            "Ren et al., PIRenderer, ICCV 2021",
            "Mean absolute difference of the three Deep3DFaceRecon angles in radians: the PIRenderer line.",
        ),
        (
            "landmark",
            ("landmark_pose", "angles"),
            _RADIANS,
            _IDEA + "pose by landmark fit",
            _WORDS + "pose fitted to 68 dlib landmarks.",
        ),
        (
            "deep3d-translation",
            ("deep3d", "pose"),
            (apd_unwrapped, "mean-abs-3-angles-rad-3-translations", "", float("inf")),
            "Ma et al., OTAvatar, CVPR 2023; commented alternative of the PIRenderer line's script",
            "Mean absolute difference of Deep3DFaceRecon's three angles (radians) and three translations together.",
        ),
        (
            "deep3d-deg",
            ("deep3d", "angles"),
            (apd_degrees, "mean-abs-3-angles-deg", "deg", 180.0),
            "Ren et al., PIRenderer, ICCV 2021, in degrees",
            "Mean absolute difference of the three Deep3DFaceRecon angles in degrees.",
        ),
        (
            "mediapipe",
            ("mediapipe478", "angles"),
            _RADIANS,
            _IDEA + "pose by MediaPipe",
            _WORDS + "pose by MediaPipe's face landmarker.",
        ),
        (
            "3ddfa",
            ("tddfa_v2", "angles"),
            _RADIANS,
            _IDEA + "pose by 3DDFA_V2, Guo et al., ECCV 2020",
            _WORDS + "pose by 3DDFA_V2.",
        ),
        (
            "fsanet",
            ("fsanet", "angles"),
            _RADIANS,
            _IDEA + "pose by FSA-Net, Yang et al., CVPR 2019",
            _WORDS + "pose by the mean of two FSA-Nets.",
        ),
        (
            "smirk",
            ("smirk", "pose"),
            (apd_unwrapped, "mean-abs-3-axis-angle-rad", "rad", float("inf")),
            "Wei et al., MagicPortrait, 2025; pose by SMIRK, Retsinas et al., CVPR 2024",
            "Mean absolute difference of SMIRK's three pose parameters (axis-angle, radians), which the user brings.",
        ),
    )
)
