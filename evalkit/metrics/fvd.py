"""FVD: Fréchet distance of I3D logits (400, Kinetics), all generated windows or clips against all reference ones.

Three rules. StyleGAN-V's windows of 16 consecutive frames: every clip is cut from its first frame on, without overlap;
what is left at the end is dropped, and a clip shorter than 16 frames gives nothing. StyleGAN-V itself takes one window
per clip (up to 2,048), of real clips at a random place, of generated ones the first; all windows use every frame and
leave nothing to chance, so there is no seed. `fvd[first-window]` takes the first window of every clip on both sides.
And common-metrics' rule, VideoGPT's too: one feature per whole clip of 10 frames or more; there all clips have one
length, here the number means little when they have not. Length, frame rate and number of windows all move FVD:
`frechet.sample_notes` says how many there were.

Source: Unterthiner et al., Towards Accurate Generative Models of Video, 2018; Skorokhodov et al., StyleGAN-V, CVPR 2022
(`fvd2048_16f`); JunyaoHu/common_metrics_on_video_quality; wilson1yan/VideoGPT.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, PerSet
from evalkit.metrics.frechet import frechet_distance, sample_notes, statistics
from evalkit.types import Values


def fvd(generated: NDArray[Any], reference: NDArray[Any], ddof: int = 0) -> Values:
    """(1,) squared Fréchet distance of logits (N, 400) and (M, 400), lower is better, 0 for equal sets.

    `ddof` 0 divides covariances by N (StyleGAN-V), 1 by N - 1 (common-metrics). NaN when a side has no window, or one
    window under ddof 1. Raises `ValueError` for rows that are not finite.
    """
    return np.array([frechet_distance(generated, reference, ddof)])


METRICS = tuple(
    Metric(
        id="fvd",
        variant=variant,
        title="FVD",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=(extractor, "logits"),
        function=partial(fvd, ddof=ddof),
        settings=f"frechet|{'cov/(N-1)' if ddof else 'cov/N'}|{clips}, no seed",
        paper=f"Unterthiner et al., Towards Accurate Generative Models of Video, 2018; as in {rule}",
        description=description,
        level=PerSet(statistics(ddof=ddof), sample_notes),
        decimals=1,
        version=version,
        differences=differences,
    )
    for variant, extractor, ddof, rule, clips, version, description, differences in (
        (
            None,
            "i3d",
            0,
            "StyleGAN-V (fvd2048_16f)",
            "all 16-frame windows without overlap",
            1,
            "Fréchet distance of I3D logits of 16 consecutive frames, resized to 224x224 as they are.",
            "StyleGAN-V takes one window of each of 2,048 clips, of real ones at a random place, of generated ones the "
            "first; here all windows of both sides count, without chance.",
        ),
        (
            "first-window",
            "i3d_first",
            0,
            "StyleGAN-V (fvd2048_16f) on a folder of generated clips",
            "first 16 frames of every clip",
            1,
            "As `fvd` with one window of each clip, its first 16 frames.",
            "StyleGAN-V takes 2,048 clips, and the window of a real one at a random place; that of a generated clip is "
            "the first there, too.",
        ),
        (
            "common-metrics",
            "i3d_centre",
            1,
            "common_metrics_on_video_quality (styleganv)",
            "whole clips",
            3,
            "Fréchet distance of I3D logits of whole clips, short side to 224 and centre crop.",
            "common-metrics takes clips of one length only.",
        ),
        (
            "videogpt",
            "i3d_videogpt",
            1,
            "VideoGPT and TATS",
            "whole clips",
            3,
            "As common-metrics, with the state dict that VideoGPT converted from TensorFlow Hub.",
            "VideoGPT takes clips of one length only.",
        ),
    )
)
