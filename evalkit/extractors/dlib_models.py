"""The dlib networks that the package `face_recognition_models` carries; no download needed."""

import importlib.util
from pathlib import Path

LANDMARKS_68 = "shape_predictor_68_face_landmarks.dat"
LANDMARKS_68_SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
LANDMARKS_5 = "shape_predictor_5_face_landmarks.dat"
LANDMARKS_5_SHA256 = "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888"
RESNET_128 = "dlib_face_recognition_resnet_model_v1.dat"
RESNET_128_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"


def dlib_model(name: str) -> Path:
    """Path of a model file. The package is found without importing it: its import needs the removed `pkg_resources`."""
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "the package face_recognition_models is missing; install evalkit with its dependencies"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "models" / name
