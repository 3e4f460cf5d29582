"""APD: average pose distance, the mean absolute difference of head-pose angles between generated and driving frames.

Source: Ren et al., PIRenderer, ICCV 2021, on Deep3DFaceRecon angles in radians: `apd[deep3d]`. The script that
survives in the Next3D repository has the translation as a commented alternative, OTAvatar reports it that way. The
other variants are the same formula on other pose estimators, which agree on changes of pose far better than on absolute
angles. MagicPortrait takes SMIRK's axis-angle vector, number by number.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, DEEP3D_DIFFERENCES, TDDFA_DIFFERENCES, Metric, check_rows
from evalkit.metrics.soft_dtw import in_time
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


_WRAPPED = "Differences of angles are wrapped to half a turn, which the scripts do not do."
_IDEA = "Ren et al., PIRenderer, ICCV 2021 (definition); "
_WORDS = "Mean absolute difference of yaw, pitch and roll in radians, "
_DEEP3D = Metric(
    id="apd",
    variant="deep3d",
    title="APD",
    better="lower",
    reference="driving",
    tasks=BOTH_TASKS,
    input=("deep3d", "angles"),
    function=apd,
    settings="mean-abs-3-angles-rad",
    paper="Ren et al., PIRenderer, ICCV 2021",
    description="Mean absolute difference of the three Deep3DFaceRecon angles in radians: the PIRenderer line.",
    differences=f"{_WRAPPED} {DEEP3D_DIFFERENCES}",
    unit="rad",
    high=float(np.pi),
    decimals=4,
)
_OTHER = replace(_DEEP3D, differences="")
_ALIGNED = ("deep3d", "landmark", "mediapipe")
"""Variants that there are after alignment in time, too."""

_BY_FRAME = (
    _DEEP3D,
    replace(
        _OTHER,
        variant="landmark",
        input=("landmark_pose", "angles"),
        paper=_IDEA + "pose by landmark fit",
        description=_WORDS + "pose fitted to 68 dlib landmarks.",
    ),
    replace(
        _DEEP3D,
        variant="deep3d-translation",
        input=("deep3d", "pose"),
        function=apd_unwrapped,
        settings="mean-abs-3-angles-rad-3-translations",
        paper="Ma et al., OTAvatar, CVPR 2023; commented alternative of the PIRenderer line's script",
        description="Mean absolute difference of Deep3DFaceRecon's three angles (radians) and three translations "
        "together.",
        differences=DEEP3D_DIFFERENCES,
        unit="",
        high=float("inf"),
    ),
    replace(
        _DEEP3D,
        variant="deep3d-deg",
        function=apd_degrees,
        settings="mean-abs-3-angles-deg",
        paper="Ren et al., PIRenderer, ICCV 2021, in degrees",
        description="Mean absolute difference of the three Deep3DFaceRecon angles in degrees.",
        unit="deg",
        high=180.0,
    ),
    replace(
        _OTHER,
        variant="mediapipe",
        input=("mediapipe478", "angles"),
        paper=_IDEA + "pose by MediaPipe",
        description=_WORDS + "pose by MediaPipe's face landmarker.",
    ),
    replace(
        _OTHER,
        variant="3ddfa",
        input=("tddfa_v2", "angles"),
        paper=_IDEA + "pose by 3DDFA_V2, Guo et al., ECCV 2020",
        description=_WORDS + "pose by 3DDFA_V2.",
        differences=TDDFA_DIFFERENCES,
        version=2,
    ),
    replace(
        _OTHER,
        variant="fsanet",
        input=("fsanet", "angles"),
        paper=_IDEA + "pose by FSA-Net, Yang et al., CVPR 2019",
        description=_WORDS + "pose by the mean of two FSA-Nets.",
        differences="The networks see a square of 1.2 times SCRFD's box; the released demo gives them the box of "
        "OpenCV's SSD detector as it is, stretched to a square.",
    ),
    replace(
        _OTHER,
        variant="smirk",
        input=("smirk", "pose"),
        function=apd_unwrapped,
        settings="mean-abs-3-axis-angle-rad",
        paper="Wei et al., MagicPortrait, 2025; pose by SMIRK, Retsinas et al., CVPR 2024",
        description="Mean absolute difference of SMIRK's three pose parameters (axis-angle, radians), which the user "
        "supplies.",
        high=float("inf"),
    ),
)

METRICS = (*_BY_FRAME, *(in_time(metric, gamma=0.001) for metric in _BY_FRAME if metric.variant in _ALIGNED))
