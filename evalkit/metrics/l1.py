"""L1: mean absolute difference of pixel values on the [0, 1] scale.

Source: FOMM `reconstruction.py` (there on float output before 8-bit rounding; here on the stored 8-bit frames).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import SELF_ONLY, Metric, check_frames
from evalkit.types import Values


def l1(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(T,) in [0, 1], lower is better, 0 for identical frames. Frames are (T, H, W, 3) uint8 RGB."""
    check_frames(generated, reference)
    difference = np.abs(generated.astype(np.int16) - reference.astype(np.int16))
    return np.asarray(difference.mean(axis=(1, 2, 3), dtype=np.float64) / 255)


METRICS = (
    Metric(
        id="l1",
        title="L1",
        better="lower",
        reference="driving",
        tasks=SELF_ONLY,
        input=None,
        function=l1,
        settings="scale[0,1]|8-bit",
        paper="Siarohin et al., First Order Motion Model, NeurIPS 2019",
        description="Mean absolute pixel difference on the [0, 1] scale.",
        high=1.0,
        decimals=4,
    ),
)
