"""Identity embedding: dlib's 128-d face ResNet on a chip aligned by the 68 landmarks.

The network of `face_recognition`, and so of MagicPortrait's CSIM. Embeddings are not zero-mean: different people still
have a high cosine, so values are not on the ArcFace scale. Chips are dlib's, the network is `dlib_resnet.py` with the
weights of dlib's file: equal to dlib's own to 1e-6, ten times faster. Source: dlib `face_recognition_model_v1` (150x150
chip, padding 0.25, no jitter); model file dlib_face_recognition_resnet_model_v1.dat.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.dlib_models import RESNET_128, RESNET_128_SHA256, dlib_model
from evalkit.types import Features, Frames, Values

_PADDING, _BATCH = 0.25, 8
"""Chips are run eight at a time, the last eight filled up: the bits of a row do not depend on how many there are."""


def load() -> Extract:
    """Features: `embedding` (T, 128), NaN where `dlib68` found no face."""
    import torch

    from evalkit.extractors.dlib_resnet import DIMENSIONS, SIDE, face_resnet
    from evalkit.extractors.inference import exact_inference

    network = face_resnet(dlib_model(RESNET_128)).to(memory_format=torch.channels_last)

    def embed(chips: Frames) -> Values:
        filled = np.zeros((_BATCH, SIDE, SIDE, 3), np.uint8)
        filled[: len(chips)] = chips
        batch = torch.from_numpy(filled).permute(0, 3, 1, 2).float()
        with exact_inference():
            return np.asarray(network(batch)[: len(chips)].numpy(), dtype=np.float64)

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        embeddings = np.full((len(frames), DIMENSIONS), np.nan)
        boxes, points = upstream["dlib68"]["box"], upstream["dlib68"]["points"]
        found = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        new = [i for i in found if i == 0 or not np.array_equal(frames[i], frames[i - 1])]
        for start in range(0, len(new), _BATCH):
            rows = new[start : start + _BATCH]
            embeddings[rows] = embed(np.stack([_chip(frames[i], boxes[i], points[i], SIDE) for i in rows]))
        for i in found:
            if i not in new:  # a frame that repeats the one before
                embeddings[i] = embeddings[i - 1]
        return {"embedding": embeddings}

    return extract


def _chip(frame: NDArray[np.uint8], box: Values, points: Values, side: int) -> NDArray[np.uint8]:
    """(side, side, 3): the face turned upright by its 68 landmarks."""
    import dlib

    corners = dlib.rectangle(*(int(v) for v in box))
    shape = dlib.full_object_detection(corners, [dlib.point(int(x), int(y)) for x, y in points])
    return np.asarray(dlib.get_face_chip(frame, shape, side, _PADDING))


EXTRACTOR = Extractor("dlib128", f"dlib128@{RESNET_128_SHA256[:8]}|68pt-150|torch-batch8", ("dlib68",), load)
