"""LPIPS: learned perceptual distance of two frames, from features that the extractors have already weighted.

`evalkit/extractors/lpips.py` gives rows whose squared Euclidean distance is LPIPS v0.1: unit-length channel features of
every stage, times the root of the learned weight over the number of positions. So what is left to do here is one sum.

The shift-tolerant variants are the same sum over features of networks that blur before they subsample.

Source: Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018 (`lpips`);
Ghildyal and Liu, Shift-tolerant Perceptual Similarity Metric, ECCV 2022 (`stlpips-pytorch`).
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


_ZHANG = "Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018"
_GHILDYAL = "Ghildyal and Liu, Shift-tolerant Perceptual Similarity Metric, ECCV 2022"
_TOLERANT = (
    "Shift-tolerant LPIPS on {} with blur pooling: a shift of a pixel or two costs little; another scale than LPIPS."
)

METRICS = tuple(
    Metric(
        id="lpips",
        variant=variant,
        title=title,
        better="lower",
        reference="driving",
        tasks=SELF_ONLY,
        input=(extractor, "features"),
        function=lpips,
        settings="8-bit to [-1,1]|native size|spatial mean",
        paper=paper,
        description=description,
    )
    for variant, extractor, title, paper, description in (
        (
            None,
            "lpips_alex",
            "LPIPS",
            _ZHANG,
            "Learned perceptual distance, weights v0.1 on AlexNet features, the usual choice.",
        ),
        (
            "vgg",
            "lpips_vgg",
            "LPIPS",
            _ZHANG,
            "Learned perceptual distance, weights v0.1 on VGG-16 features; values are larger than with AlexNet.",
        ),
        (
            "squeeze",
            "lpips_squeeze",
            "LPIPS",
            _ZHANG,
            "Learned perceptual distance, weights v0.1 on SqueezeNet 1.1 features.",
        ),
        ("st-alex", "stlpips_alex", "ST-LPIPS", _GHILDYAL, _TOLERANT.format("AlexNet")),
        ("st-vgg", "stlpips_vgg", "ST-LPIPS", _GHILDYAL, _TOLERANT.format("VGG-16")),
    )
)
