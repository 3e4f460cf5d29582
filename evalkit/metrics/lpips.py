"""LPIPS: learned perceptual distance of two frames, from features that the extractors have already weighted.

`evalkit/extractors/lpips.py` gives rows whose squared Euclidean distance is LPIPS v0.1: unit-length channel features of
every stage, times the root of the learned weight over the number of positions. So what is left to do here is one sum.

Source: Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018 (`lpips`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import SELF_ONLY, Metric, check_rows
from evalkit.types import Values


def lpips(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(T,) squared Euclidean distance of rows (T, D), lower is better, exactly 0 for identical frames.

    Differences are taken in the dtype of the rows (float32 saves half the memory), squared and summed in float64.
    """
    check_rows(generated, reference)
    differences = ((one - other).astype(np.float64) for one, other in zip(generated, reference, strict=True))
    return np.array([float(np.dot(d, d)) for d in differences])


METRICS = tuple(
    Metric(
        id="lpips",
        variant=variant,
        title="LPIPS",
        better="lower",
        reference="driving",
        tasks=SELF_ONLY,
        input=(f"lpips_{network}", "features"),
        function=lpips,
        settings="8-bit to [-1,1]|native size|spatial mean",
        paper="Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018",
        description=f"Learned perceptual distance, weights v0.1 on {title} features{remark}.",
    )
    for variant, network, title, remark in (
        (None, "alex", "AlexNet", ", the usual choice"),
        ("vgg", "vgg", "VGG-16", "; values are larger than with AlexNet"),
        ("squeeze", "squeeze", "SqueezeNet 1.1", ""),
    )
)
