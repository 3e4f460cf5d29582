"""Face box and 68 landmarks (iBUG 300-W order) by dlib: HOG detector, then the regression-tree shape predictor.

The detector runs at the given size and, only where it finds nothing, once more at twice the size. Of several faces the
one with the largest box is taken (leftmost on a tie), and the number of faces is kept. Source: dlib
`get_frontal_face_detector`; Kazemi & Sullivan, CVPR 2014; model file shape_predictor_68_face_landmarks.dat.
"""

import functools
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.dlib_models import LANDMARKS_68, LANDMARKS_68_SHA256, dlib_model
from evalkit.types import Features, Frames, Values

if TYPE_CHECKING:
    import dlib

_UPSAMPLES = (0, 1)


def load() -> Extract:
    """Features: `box` (T, 4) left, top, right, bottom and `points` (T, 68, 2) x, y in pixels; `faces` (T,) count."""
    detector, predictor = _models(dlib_model(LANDMARKS_68), threading.get_ident())

    def detect(frame: NDArray[np.uint8]) -> tuple[Values, Values, int]:
        attempts = (list(detector(frame, upsamples)) for upsamples in _UPSAMPLES)
        boxes = next((found for found in attempts if found), None)
        if boxes is None:
            return np.full(4, np.nan), np.full((68, 2), np.nan), 0
        box = min(boxes, key=lambda b: (-b.area(), b.left()))
        shape = predictor(frame, box)
        points = np.array([(p.x, p.y) for p in shape.parts()], dtype=np.float64)
        return np.array([box.left(), box.top(), box.right(), box.bottom()], dtype=np.float64), points, len(boxes)

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        boxes, points, faces = zip(*(detect(frame) for frame in frames), strict=True)
        return {"box": np.stack(boxes), "points": np.stack(points), "faces": np.array(faces, dtype=np.float64)}

    return extract


@functools.lru_cache(maxsize=2)
def _models(path: Path, thread: int) -> "tuple[dlib.fhog_object_detector, dlib.shape_predictor]":
    """Read once for all methods and metrics of a thread: it takes a second, and a detector serves one thread."""
    import dlib

    return dlib.get_frontal_face_detector(), dlib.shape_predictor(str(path))


EXTRACTOR = Extractor("dlib68", f"dlib-hog-up0,1-largest|dlib68@{LANDMARKS_68_SHA256[:8]}", (), load)
