"""AED of the FOMM line: an identity distance, the squared Euclidean distance of OpenFace embeddings.

Not the expression distance that others call AED (`aed`). The embeddings have length one, so values lie between 0 and 4;
no root is taken. Nothing is detected or aligned, so background, pose and light count too.

Source: Siarohin et al., First Order Motion Model, NeurIPS 2019; AliaksandrSiarohin/pose-evaluation (`face_id`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import POOLED_FRAMES, SELF_ONLY, Metric, check_rows
from evalkit.types import Values


def aed_id(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) sum of squared differences of embeddings (T, D), lower is better, 0 for equal ones."""
    check_rows(generated, driving)
    return np.asarray(np.square(generated - driving).sum(axis=1))


METRICS = (
    Metric(
        id="aed_id",
        title="AED (identity)",
        better="lower",
        reference="driving",
        tasks=SELF_ONLY,
        input=("openface", "embedding"),
        function=aed_id,
        settings="sum-of-squares-128d|whole frame, unaligned",
        paper="Siarohin et al., First Order Motion Model, NeurIPS 2019 (pose-evaluation)",
        description="Squared distance of OpenFace embeddings of whole frames: identity, not expression.",
        differences="An older script takes the mean absolute difference; the papers' numbers fit this one. "
        f"{POOLED_FRAMES}",
        high=4.0,
        decimals=4,
    ),
)
