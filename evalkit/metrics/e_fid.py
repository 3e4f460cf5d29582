"""E-FID: Fréchet distance of expression coefficients, all generated frames against all real ones.

Source: Tian et al., EMO, ECCV 2024, which takes the expression parameters of a 3-D face reconstruction; Hallo2 and
Sonic report it with Deep3DFaceRecon's. `e_fid[blendshapes]` puts MediaPipe's 52 blendshapes into the same formula. Like
every Fréchet distance it does not know which frame answers which: the right expressions at the wrong time are free.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, DEEP3D_DIFFERENCES, Metric, PerSet, found
from evalkit.metrics.frechet import frechet_distance, sample_notes, statistics
from evalkit.types import Values


def e_fid(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(1,) squared Fréchet distance of coefficients (N, D) and (M, D), lower is better; NaN for fewer than two rows."""
    return np.array([frechet_distance(generated, reference)])


def with_a_face(rows: NDArray[Any]) -> NDArray[Any]:
    """The rows (n, D) of (T, D) in which there is a face."""
    return rows[found(rows)]


_DEEP3D = Metric(
    id="e_fid",
    variant="deep3d",
    title="E-FID",
    better="lower",
    reference="driving",
    tasks=BOTH_TASKS,
    input=("deep3d", "expression"),
    function=e_fid,
    settings="frechet|cov/(N-1)|64 coefficients, frames with a face",
    paper="Tian et al., EMO, ECCV 2024",
    description="Fréchet distance of the 64 Deep3DFaceRecon expression coefficients over all frames with a face.",
    differences=f"No paper publishes its code for it. {DEEP3D_DIFFERENCES}",
    level=PerSet(statistics(ddof=1), sample_notes, with_a_face),
    decimals=3,
)

METRICS = (
    _DEEP3D,
    replace(
        _DEEP3D,
        variant="blendshapes",
        input=("mediapipe478", "blendshapes"),
        settings="frechet|cov/(N-1)|52 blendshapes, frames with a face",
        description="Fréchet distance of 52 MediaPipe blendshapes over all frames with a face.",
        differences="Papers take the coefficients of a 3-D face reconstruction: another scale.",
        decimals=4,
    ),
)
