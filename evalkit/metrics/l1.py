"""L1: mean absolute difference of pixel values on the [0, 1] scale.

Source: FOMM `reconstruction.py` (there on float output before 8-bit rounding; here on the stored 8-bit frames).
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import SELF_ONLY, Metric, check_frames
from evalkit.types import Values


def l1(generated: NDArray[Any], reference: NDArray[Any], scale: float = 1.0) -> Values:
    """(T,) in [0, scale], lower is better, 0 for identical frames. Frames are (T, H, W, 3) uint8 RGB."""
    check_frames(generated, reference)
    difference = np.abs(generated.astype(np.int16) - reference.astype(np.int16))
    return np.asarray(difference.mean(axis=(1, 2, 3), dtype=np.float64) * (scale / 255))


METRICS = tuple(
    Metric(
        id="l1",
        variant=variant,
        title=title,
        better="lower",
        reference="driving",
        tasks=SELF_ONLY,
        input=None,
        function=partial(l1, scale=scale),
        settings=f"scale[0,{scale:g}]|8-bit",
        paper="Siarohin et al., First Order Motion Model, NeurIPS 2019",
        description=f"Mean absolute pixel difference on the [0, {scale:g}] scale.",
        differences="FOMM's script compares float output before it is rounded to 8 bits, and pools all frames.",
        high=scale,
        decimals=decimals,
    )
    for variant, title, scale, decimals in ((None, "L1", 1.0, 4), ("255", "L1 (255)", 255.0, 2))
)
