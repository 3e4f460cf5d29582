"""Identity embeddings as insightface's own `FaceAnalysis.get()` gives them: its detector and alignment, frame by frame.

The package's SCRFD and ArcFace classes do the work, prepared as most of its users do: a square of 640 pixels, score
0.5, frames in BGR. Of several faces the first is taken, the one the detector is surest of, and where the detector finds
none at 640 there is none: docs/decisions/csim-insightface.md has the reasons and what that costs. ONNX Runtime gets one
thread; the bits are those of any number of threads (tested).

Source: insightface `app/face_analysis.py`, `model_zoo/scrfd.py`, `model_zoo/arcface_onnx.py`, releases 1.0 to 2.1.
"""

import warnings
from collections.abc import Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.onnx_network import open_session
from evalkit.types import Features, Frames

SIDE, SCORE = 640, 0.5
DETECTOR, NETWORK = "scrfd-10g-det", "arcface-w600k-r50"


def load(detector: str, network: str) -> Extract:
    """Features: `embedding` (T, D), not normalised, NaN where the weights called `detector` find no face.

    `network` is the name of the weights of the ArcFace-style network. Raises `WeightsError` when a file is absent.
    """
    paths = [weights.locate(name) for name in (detector, network)]

    from insightface.app.common import Face
    from insightface.model_zoo.arcface_onnx import ArcFaceONNX
    from insightface.model_zoo.scrfd import SCRFD

    detect, recognise = (
        kind(model_file=str(path), session=open_session(path))
        for kind, path in zip((SCRFD, ArcFaceONNX), paths, strict=True)
    )
    detect.prepare(0, input_size=(SIDE, SIDE), det_thresh=SCORE)
    recognise.prepare(0)
    dimensions = recognise.get_feat(np.zeros((*recognise.input_size, 3), np.uint8)).shape[1]

    def embed(frame: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        picture = np.ascontiguousarray(frame[..., ::-1])
        boxes, points = detect.detect(picture)
        if not len(boxes):
            return None
        face = Face(bbox=boxes[0, :4], kps=points[0], det_score=boxes[0, 4])
        return np.asarray(recognise.get(picture, face), np.float32)

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        embeddings = np.full((len(frames), dimensions), np.nan)
        with warnings.catch_warnings():
            # Its alignment calls a method that scikit-image 0.26 deprecates.
            warnings.filterwarnings("ignore", message=r".*`estimate` is deprecated", category=FutureWarning)
            for i, frame in enumerate(frames):
                if (embedding := embed(frame)) is not None:
                    embeddings[i] = embedding
        return {"embedding": embeddings}

    return extract


def _release() -> str:
    """The first number of the installed release: the last bits of its detector differ between 1 and 2."""
    try:
        return version("insightface").partition(".")[0]
    except PackageNotFoundError:
        return "absent"


def _signature() -> str:
    networks = (f"{name}@{weights.find(name).short}" for name in (DETECTOR, NETWORK))
    return f"insightface-{_release()}|{'+'.join(networks)}|{SIDE}-first"


EXTRACTOR = Extractor(
    "insightface",
    _signature(),
    (),
    partial(load, DETECTOR, NETWORK),
    (DETECTOR, NETWORK),
    modules=("insightface", "cv2", "onnx", "onnxruntime", "skimage"),
)
