"""Identity embedding as the package face_recognition gives it: dlib's 128-d ResNet on a chip aligned by five landmarks.

The picture is enlarged twice before dlib's HOG detector looks at it, the first face of its list is taken (the one it is
surest of), and the chip is cut by the five landmarks of the "small" model; `dlib128` differs in all three. Source:
ageitgey/face_recognition 1.3 `face_recognition/api.py`, `face_encodings(image)[0]` with its defaults.
"""

from collections.abc import Mapping

import numpy as np

from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.dlib128 import embedder, face_chip, per_face
from evalkit.extractors.dlib_models import LANDMARKS_5, LANDMARKS_5_SHA256, RESNET_128_SHA256, dlib_model
from evalkit.types import Features, Frames

_UPSAMPLES = 1


def load() -> Extract:
    """Features: `embedding` (T, 128), NaN where no face was found."""
    import dlib

    detector = dlib.get_frontal_face_detector()
    predictor = dlib.shape_predictor(str(dlib_model(LANDMARKS_5)))
    embed = embedder()

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        faces = [next(iter(detector(frame, _UPSAMPLES)), None) for frame in frames]
        found = np.array([face is not None for face in faces], dtype=np.bool_)
        return {
            "embedding": per_face(frames, found, embed, lambda i: face_chip(frames[i], predictor(frames[i], faces[i])))
        }

    return extract


EXTRACTOR = Extractor(
    "face_recognition128",
    f"dlib-hog-up1-first|dlib5@{LANDMARKS_5_SHA256[:8]}|dlib128@{RESNET_128_SHA256[:8]}|5pt-150|torch-batch8",
    (),
    load,
)
