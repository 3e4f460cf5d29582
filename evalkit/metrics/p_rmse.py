"""P-RMSE: root mean square error of head-pose coefficients between generated and driving frames.

Source: MagicPortrait, on Deep3DFaceRecon's pose. The paper does not say where the root is taken or whether translation
counts; here it is one root per frame over the three angles in radians, which are not wrapped to half a turn as those of
`apd` are: the two differ only where angles lie more than pi apart. DaGAN's PRMSE (py-feat, degrees) is something
else.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, DEEP3D_DIFFERENCES, Metric, check_rows
from evalkit.types import Values


def rmse(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) root of the mean squared difference of coefficients (T, K), lower is better; NaN without a face."""
    check_rows(generated, driving)
    return np.asarray(np.sqrt(np.square(generated - driving).mean(axis=1)))


METRICS = (
    Metric(
        id="p_rmse",
        variant="deep3d",
        title="P-RMSE",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("deep3d", "angles"),
        function=rmse,
        settings="root-per-frame-3-angles-rad",
        paper="Wei et al., MagicPortrait, 2025",
        differences="MagicPortrait does not say where the root is taken, or of what. Differences of angles are not "
        f"wrapped to half a turn; those of `apd` are. {DEEP3D_DIFFERENCES}",
        description="Root mean square difference of the three Deep3DFaceRecon angles, in radians.",
        unit="rad",
        decimals=4,
    ),
)
