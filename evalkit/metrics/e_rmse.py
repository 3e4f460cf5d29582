"""E-RMSE: root mean square error of expression coefficients between generated and driving frames.

Source: MagicPortrait, on Deep3DFaceRecon's 64 expression coefficients. The paper does not say where the root is taken;
here it is one root per frame.
"""

from evalkit.metrics.base import BOTH_TASKS, DEEP3D_DIFFERENCES, Metric
from evalkit.metrics.p_rmse import rmse

METRICS = (
    Metric(
        id="e_rmse",
        variant="deep3d",
        title="E-RMSE",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("deep3d", "expression"),
        function=rmse,
        settings="root-per-frame-64-coefficients",
        paper="Wei et al., MagicPortrait, 2025",
        differences=f"MagicPortrait does not say where the root is taken. {DEEP3D_DIFFERENCES}",
        description="Root mean square difference of the 64 Deep3DFaceRecon expression coefficients.",
        decimals=4,
    ),
)
