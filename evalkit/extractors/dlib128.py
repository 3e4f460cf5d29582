"""Identity embedding: dlib's 128-d face ResNet on a chip aligned by the 68 landmarks.

The network of `face_recognition`, and so of MagicPortrait's CSIM. Embeddings are not zero-mean: different people still
have a high cosine, so values are not on the ArcFace scale. Source: dlib `face_recognition_model_v1` (150x150 chip,
padding 0.25, no jitter); model file dlib_face_recognition_resnet_model_v1.dat.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.dlib_models import RESNET_128, RESNET_128_SHA256, dlib_model
from evalkit.types import Features, Frames, Values

_CHIP, _PADDING, _DIMENSIONS = 150, 0.25, 128


def load() -> Extract:
    """Features: `embedding` (T, 128), NaN where `dlib68` found no face."""
    import dlib

    network = dlib.face_recognition_model_v1(str(dlib_model(RESNET_128)))

    def embed(frame: NDArray[np.uint8], box: Values, points: Values) -> Values:
        corners = dlib.rectangle(*(int(v) for v in box))
        shape = dlib.full_object_detection(corners, [dlib.point(int(x), int(y)) for x, y in points])
        chip = dlib.get_face_chip(frame, shape, _CHIP, _PADDING)
        return np.array(network.compute_face_descriptor(chip), dtype=np.float64)

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        embeddings = np.full((len(frames), _DIMENSIONS), np.nan)
        boxes, points = upstream["dlib68"]["box"], upstream["dlib68"]["points"]
        for i in np.flatnonzero(np.isfinite(boxes).all(axis=1)):
            repeated = i > 0 and np.array_equal(frames[i], frames[i - 1])
            embeddings[i] = embeddings[i - 1] if repeated else embed(frames[i], boxes[i], points[i])
        return {"embedding": embeddings}

    return extract


EXTRACTOR = Extractor("dlib128", f"dlib128@{RESNET_128_SHA256[:8]}|68pt-150", ("dlib68",), load)
