"""Identity embedding: dlib's 128-d face ResNet on a chip aligned by the 68 landmarks.

The network of `face_recognition`, and so of MagicPortrait's CSIM. Embeddings are not zero-mean: different people still
have a high cosine, so values are not on the ArcFace scale. Chips are dlib's, the network is `dlib_resnet.py` with the
weights of dlib's file: equal to dlib's own to 1e-6, ten times faster. Source: dlib `face_recognition_model_v1` (150x150
chip, padding 0.25, no jitter); model file dlib_face_recognition_resnet_model_v1.dat.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.dlib_models import RESNET_128, RESNET_128_SHA256, dlib_model
from evalkit.types import Features, Frames, Values

if TYPE_CHECKING:
    import dlib

_PADDING, _BATCH = 0.25, 8
"""Chips are run eight at a time, the last eight filled up: the bits of a row do not depend on how many there are."""


Embed: TypeAlias = Callable[[Sequence[NDArray[np.uint8]]], Values]
"""Face chips (N, 150, 150, 3) RGB -> embeddings (N, 128)."""


def embedder() -> Embed:
    """dlib's ResNet on chips of any number."""
    return _embedder(dlib_model(RESNET_128))


@functools.lru_cache(maxsize=1)
def _embedder(path: Path) -> Embed:
    """Read once for all variants of the metric."""
    import torch

    from evalkit.extractors.dlib_resnet import DIMENSIONS, SIDE, face_resnet
    from evalkit.extractors.inference import exact_inference

    network = face_resnet(path).to(memory_format=torch.channels_last)

    def embed(chips: Sequence[NDArray[np.uint8]]) -> Values:
        embeddings = np.empty((len(chips), DIMENSIONS))
        for start in range(0, len(chips), _BATCH):
            some = chips[start : start + _BATCH]
            filled = np.zeros((_BATCH, SIDE, SIDE, 3), np.uint8)
            filled[: len(some)] = some
            batch = torch.from_numpy(filled).permute(0, 3, 1, 2).float()
            with exact_inference():
                embeddings[start : start + len(some)] = network(batch)[: len(some)].numpy()
        return embeddings

    return embed


def load() -> Extract:
    """Features: `embedding` (T, 128), NaN where `dlib68` found no face."""
    embed = embedder()

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        boxes, points = upstream["dlib68"]["box"], upstream["dlib68"]["points"]
        found = np.asarray(np.isfinite(boxes).all(axis=1))
        return {"embedding": per_face(frames, found, embed, lambda i: _chip(frames[i], boxes[i], points[i]))}

    return extract


def per_face(
    frames: Frames, found: NDArray[np.bool_], embed: Embed, chip: Callable[[int], NDArray[np.uint8]]
) -> Values:
    """(T, 128) embeddings of `chip(i)` of every frame i that is `found`, NaN elsewhere.

    A frame that repeats the one before gets its embedding.
    """
    repeats = [i > 0 and bool(found[i]) and np.array_equal(frames[i], frames[i - 1]) for i in range(len(frames))]
    new = [int(i) for i in np.flatnonzero(found) if not repeats[i]]
    embedded = embed([chip(i) for i in new])
    embeddings = np.full((len(frames), embedded.shape[1]), np.nan)
    embeddings[new] = embedded
    for i in np.flatnonzero(repeats):
        embeddings[i] = embeddings[i - 1]
    return embeddings


def _chip(frame: NDArray[np.uint8], box: Values, points: Values) -> NDArray[np.uint8]:
    import dlib

    corners = dlib.rectangle(*(int(v) for v in box))
    shape = dlib.full_object_detection(corners, [dlib.point(int(x), int(y)) for x, y in points])
    return face_chip(frame, shape)


def face_chip(frame: NDArray[np.uint8], shape: "dlib.full_object_detection") -> NDArray[np.uint8]:
    """(150, 150, 3): the face turned upright by the 5 or 68 landmarks of `shape`."""
    import dlib

    from evalkit.extractors.dlib_resnet import SIDE

    return np.asarray(dlib.get_face_chip(frame, shape, SIDE, _PADDING))


EXTRACTOR = Extractor("dlib128", f"dlib128@{RESNET_128_SHA256[:8]}|68pt-150|torch-batch8", ("dlib68",), load)
