"""PSNR: 10 log10(255^2 / MSE) of 8-bit colour frames, averaged over frames (not the PSNR of a mean error).

Identical frames have no error and an infinite PSNR, which no average survives: they are given `CAP` dB, and the
signature says so. One value of a 256x256 frame that is off by one grey level gives 101 dB, so nothing visible is
hidden by the cap.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import SELF_ONLY, Metric, check_frames
from evalkit.types import Values

CAP = 100.0


def psnr(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(T,) in dB, higher is better, `CAP` for identical frames. Frames are (T, H, W, 3) uint8 RGB."""
    check_frames(generated, reference)
    difference = generated.astype(np.float64) - reference.astype(np.float64)
    mse = np.square(difference).mean(axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(10 * np.log10(255.0**2 / mse), CAP))


METRICS = (
    Metric(
        id="psnr",
        title="PSNR",
        better="higher",
        reference="driving",
        tasks=SELF_ONLY,
        input=None,
        function=psnr,
        settings=f"R=255|colour|cap{CAP:.0f}",
        paper="definition; see docs/decisions/psnr-identical-frames.md",
        description="Peak signal-to-noise ratio, range matched to the data; identical frames count 100 dB.",
        unit="dB",
        high=CAP,
        decimals=2,
    ),
)
