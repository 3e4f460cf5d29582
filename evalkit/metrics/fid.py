"""FID: Fréchet distance of Inception-v3 features, all generated frames against all reference frames.

The distance is the same for every variant; what differs is how frames are resized to 299x299 before the network
(`evalkit/extractors/inception_resize.py`). Frames of one clip are strongly correlated and 2048 dimensions need
thousands of independent pictures: `frechet.sample_notes` says so beside the number, `kid` has no such bias.

Source: Heusel et al., NeurIPS 2017; pytorch-fid (covariance divided by N - 1); Parmar et al., CVPR 2022 (clean-fid).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, PerSet
from evalkit.metrics.frechet import frechet_distance, sample_notes, statistics
from evalkit.types import Values


def fid(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
    """(1,) squared Fréchet distance of features (N, D) and (M, D), lower is better, 0 for equal sets.

    NaN when a side has fewer than two rows. Raises `ValueError` for rows that are not finite.
    """
    return np.array([frechet_distance(generated, reference, ddof=1)])


METRICS = tuple(
    Metric(
        id="fid",
        variant=variant,
        title=title,
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=(extractor, "pool"),
        function=fid,
        settings="frechet|cov/(N-1)|all frames",
        paper="Heusel et al., GANs Trained by a Two Time-Scale Update Rule, NeurIPS 2017" + paper,
        description=description,
        level=PerSet(statistics(ddof=1), sample_notes),
        decimals=2,
    )
    for variant, extractor, title, paper, description in (
        (
            None,
            "inception",
            "FID",
            "; as pytorch-fid computes it",
            "Fréchet distance of Inception features; frames resized inside the network without antialiasing.",
        ),
        (
            "clean",
            "inception_clean",
            "FID",
            "; Parmar et al., On Aliased Resizing and Surprising Subtleties in GAN Evaluation, CVPR 2022",
            "Fréchet distance of Inception features; frames resized with antialiased bicubic, as clean-fid does.",
        ),
        (
            "tf-resize",
            "inception_tf",
            "FID",
            "; the resize of TensorFlow 1, as in the original and in torch-fidelity",
            "Fréchet distance of Inception features; frames resized exactly as TensorFlow 1 did.",
        ),
        (
            "efficientnet-lite0",
            "efficientnet_lite0",
            "FID (not Inception)",
            " (definition); features of EfficientNet-Lite0, Tan and Le, ICML 2019",
            "Fréchet distance of EfficientNet-Lite0 features, not Inception's: never compare it with a FID of a paper.",
        ),
    )
)
