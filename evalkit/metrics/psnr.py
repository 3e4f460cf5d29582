"""PSNR: 10 log10(255^2 / MSE) of 8-bit colour frames, averaged over frames (not the PSNR of a mean error).

Identical frames have no error and an infinite PSNR, which no average survives: they are given `CAP` dB, and the
signature says so. One value of a 256x256 frame that is off by one grey level gives 101 dB, so nothing visible is
hidden by the cap. Inside a mean it is a number like any other: each capped frame among T pulls the mean of a clip
towards 100 dB by 1/T of the distance, so a run says how many there were.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import SELF_ONLY, Metric, PerFrame, check_frames
from evalkit.types import Values

CAP = 100.0


def psnr(generated: NDArray[Any], reference: NDArray[Any], data_range: float = 255.0) -> Values:
    """(T,) in dB, higher is better, `CAP` for identical frames. Frames are (T, H, W, 3) uint8 RGB.

    `data_range` is that of the 0..255 scale; 510 gives what a range of 2 gives on [0, 1] values.
    """
    check_frames(generated, reference)
    difference = generated.astype(np.float64) - reference.astype(np.float64)
    mse = np.square(difference).mean(axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(10 * np.log10(data_range**2 / mse), CAP))


def capped_frames(values: Values) -> tuple[str, ...]:
    """How many of the values (N,) of a run are the cap; nothing where none is."""
    capped = int((values >= CAP).sum())
    return (f"{capped} of {len(values)} frames stand in the mean with the cap of {CAP:.0f} dB",) if capped else ()


METRICS = tuple(
    Metric(
        id="psnr",
        variant=variant,
        title="PSNR" if variant is None else f"PSNR ({variant})",
        better="higher",
        reference="driving",
        tasks=SELF_ONLY,
        input=None,
        function=partial(psnr, data_range=data_range),
        settings=f"R={data_range:.0f}|colour|cap{CAP:.0f}",
        paper="definition; see docs/decisions/pixel-metrics.md",
        description=description,
        differences="Identical frames are infinite in scikit-image and here count 100 dB inside the mean, as in "
        "common-metrics; smaller errors than those of 100 dB count 100 dB, too.",
        level=PerFrame(notes=capped_frames),
        unit="dB",
        high=CAP,
        decimals=2,
    )
    for variant, data_range, description in (
        (None, 255.0, "Peak signal-to-noise ratio, range matched to the data; identical frames count 100 dB."),
        ("range2", 510.0, "The slip of taking [-1, 1] as the range of [0, 1] values: 6.02 dB too high."),
    )
)
