"""Identity embeddings by ArcFace-style networks: a 112x112 crop aligned by the five points of SCRFD.

Embeddings are not normalised. Strangers have a cosine near 0, pictures of one person about 0.5 to 0.9.

Source: Deng et al., ArcFace, CVPR 2019. Pixels enter as (x - 127.5) / 127.5, RGB, as in insightface
`model_zoo/arcface_onnx.py`, which leaves them alone for networks that begin with their own subtraction and scaling (the
MXNet exports); the MobileFaceNet of foamliu wants the ImageNet mean and deviation. A network of your own joins as
`$EVALKIT_ARCFACE`: any ONNX file with ArcFace's input, its digest becomes part of the signature.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.face_alignment5 import SIZE, align
from evalkit.extractors.onnx_network import load_onnx
from evalkit.types import Features, Frames

CUSTOM = "$EVALKIT_ARCFACE"

_INSIGHTFACE = ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_AS_IT_IS = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
_NODES_SEARCHED = 8

Scaling = tuple[tuple[float, ...], tuple[float, ...]]


def load(name: str, detector: str, scaling: Scaling | None = None) -> Extract:
    """Features: `embedding` (T, D), NaN where `detector` found no face; D is 512, or 128 for MobileFaceNet.

    Without `scaling`, insightface's rule decides how pixels are scaled.
    """
    path = weights.locate(name)
    network = load_onnx(path)
    mean, deviation = (np.array(part, np.float32) for part in scaling or insightface_scaling(path))
    dimensions = _dimensions(path, network(np.zeros((1, 3, SIZE, SIZE), np.float32))[0])

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        embeddings = np.full((len(frames), dimensions), np.nan)
        points = upstream[detector]["points"]
        found = np.flatnonzero(np.isfinite(points).all(axis=(1, 2)))
        if len(found):
            crops = np.stack([align(frames[i], points[i]) for i in found])
            blob = np.ascontiguousarray(((crops - mean) / deviation).transpose(0, 3, 1, 2))
            embeddings[found] = network(blob)[0]
        return {"embedding": embeddings}

    return extract


def insightface_scaling(path: Path) -> Scaling:
    """Mean and deviation that insightface takes for an ArcFace-style ONNX file."""
    import onnx

    names = [node.name for node in onnx.load(str(path)).graph.node[:_NODES_SEARCHED]]
    subtracts = any(name.startswith(("Sub", "_minus")) for name in names)
    scales = any(name.startswith(("Mul", "_mul")) for name in names)
    return _AS_IT_IS if subtracts and scales else _INSIGHTFACE


def _dimensions(path: Path, output: NDArray[np.float32]) -> int:
    if output.ndim != 2 or len(output) != 1:
        raise WeightsError(
            f"{path}: expected one embedding (1, D) for a 112x112 face, the network gives {output.shape}"
        )
    return int(output.shape[1])


def _extractor(id: str, name: str, detector: str, scaling: Scaling | None = None) -> Extractor:
    signature = f"{name.strip('$').lower()}@{weights.short_digest(name)}|5pt-112"
    modules = ("cv2", "onnx", "onnxruntime", "skimage")
    return Extractor(id, signature, (detector,), partial(load, name, detector, scaling), (name,), modules=modules)


EXTRACTOR = _extractor("arcface", "arcface-w600k-r50", "scrfd")
EXTRACTOR_GLINT100 = _extractor("arcface_glint100", "arcface-glint360k-r100", "scrfd")
EXTRACTOR_MOBILEFACENET = _extractor("mobilefacenet", "mobilefacenet-arcface-128", "scrfd_500m", _IMAGENET)
EXTRACTOR_CUSTOM = _extractor("arcface_onnx", CUSTOM, "scrfd_500m")
