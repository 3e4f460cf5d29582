"""CSIM: cosine similarity of face embeddings, generated against source.

Source: the field's "identity preservation". With dlib's 128-d network it is the CSIM of MagicPortrait; most papers mean
an ArcFace network. Values of different networks are on different scales.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric
from evalkit.types import Values


def csim(generated: NDArray[Any], source: NDArray[Any]) -> Values:
    """(T,) mean cosine of each generated embedding with the source embeddings, in [-1, 1], higher is better.

    Args:
        generated: (T, D), NaN rows where no face was found.
        source: (S, D), one row per source image; rows without a face are left out of the mean.

    Returns NaN for frames without a face, and everywhere if no source has one.
    """
    if generated.ndim != 2 or source.ndim != 2 or generated.shape[1] != source.shape[1]:
        raise ValueError(f"expected embeddings (T, D) and (S, D), got {generated.shape} and {source.shape}")
    found = source[np.isfinite(source.astype(np.float64)).all(axis=1)].astype(np.float64)
    if not len(found):
        return np.full(len(generated), np.nan)
    # Dot products by einsum, not BLAS: equal rows must give equal bits whatever the number of rows.
    cosine = np.einsum("td,sd->ts", _unit(generated.astype(np.float64)), _unit(found))
    return np.asarray(np.clip(cosine, -1, 1).mean(axis=1))


def _unit(rows: Values) -> Values:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


_DETECTION = "insightface looks for faces at 640 pixels; here 256 comes first, and the largest face is taken."

METRICS = tuple(
    Metric(
        id="csim",
        variant=variant,
        title="CSIM",
        better="higher",
        reference="source",
        tasks=BOTH_TASKS,
        input=(extractor, "embedding"),
        function=csim,
        settings="cosine",
        paper=paper,
        description=description,
        differences=differences,
        low=-1.0,
        high=1.0,
    )
    for variant, extractor, paper, description, differences in (
        (
            "arcface",
            "arcface",
            "Deng et al., ArcFace, CVPR 2019; insightface buffalo_l",
            "Cosine of ArcFace ResNet-50 (WebFace600K) embeddings with the source; strangers are near 0.",
            _DETECTION,
        ),
        (
            "insightface",
            "insightface",
            "Deng et al., ArcFace, CVPR 2019; FaceAnalysis of the package insightface with buffalo_l",
            "Cosine of the embeddings that insightface's own FaceAnalysis gives, at det_size 640; misses large faces.",
            "det_size=None, the default since insightface 1.0, looks at 128 pixels too; the first face is taken.",
        ),
        (
            "dlib",
            "dlib128",
            "network: dlib face_recognition_resnet_model_v1, which MagicPortrait uses through face_recognition",
            "Cosine of dlib's 128-d face embeddings with the source; not on the ArcFace scale.",
            "Chips are cut by 68 landmarks of the largest face; face_recognition takes 5 landmarks of the first face.",
        ),
        (
            "face_recognition",
            "face_recognition128",
            "as in MagicPortrait; package face_recognition 1.3, `face_encodings(image)[0]`",
            "Cosine of the embeddings of the package face_recognition with the source; not on the ArcFace scale.",
            "face_recognition compares by Euclidean distance; MagicPortrait does not say how it forms a cosine.",
        ),
        (
            "glintr100",
            "arcface_glint100",
            "Deng et al., ArcFace, CVPR 2019; insightface antelopev2",
            "Cosine of ArcFace ResNet-100 (Glint360K) embeddings with the source; strangers are near 0.",
            _DETECTION,
        ),
        (
            "mobilefacenet",
            "mobilefacenet",
            "Deng et al., ArcFace, CVPR 2019; Chen et al., MobileFaceNets, CCBR 2018; network of foamliu/MobileFaceNet",
            "Cosine of a small ArcFace-trained network's embeddings with the source; no paper reports it.",
            _DETECTION,
        ),
        (
            "mobilefacenet192",
            "mobilefacenet192",
            "Deng et al., ArcFace, CVPR 2019; Chen et al., MobileFaceNets, CCBR 2018; file of a package of npm",
            "Cosine of a small network's embeddings with the source, on ArcFace's scale: strangers are near 0; no "
            "paper reports it.",
            "The network's makers and training set are not stated; faces are found by MTCNN.",
        ),
        (
            "onnx",
            "arcface_onnx",
            "Deng et al., ArcFace, CVPR 2019 (input and alignment); the network is the user's",
            "Cosine of the embeddings of the ArcFace-style ONNX file that $EVALKIT_ARCFACE names, with the source.",
            _DETECTION,
        ),
    )
)
