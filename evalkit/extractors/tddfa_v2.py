"""Head pose, expression and 68 landmarks by 3DDFA_V2 (MobileNet of half width).

The crop is a square of 1.58 times the mean side of SCRFD's box (whole pixels, fractions cut off), moved down by 0.14 of
it, black outside the frame, 120 pixels wide. Each edge is rounded by itself, halves to the even pixel, so that a square
can come out a pixel wider; points go back by the square before rounding. The official code takes its boxes from
FaceBoxes. Source: Guo et al., ECCV 2020, `cleardusk/3DDFA_V2` (`utils/functions.py`, `utils/tddfa_util.py`).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.face_crop import box_crop
from evalkit.extractors.landmark_pose import angles
from evalkit.extractors.torch_network import load_state, one_thread
from evalkit.types import Features, Frames, Values

NETWORK, BASES, DETECTOR = "tddfa-v2-mb05", "tddfa-v2-bases", "scrfd_500m"
SCALE, DOWN = 1.58, 0.14

_TO_CAMERA = np.diag([1.0, -1.0, -1.0])
"""From the model's axes (x right, y up, z towards the camera) to ours (y down, z away)."""


def load() -> Extract:
    """Features of T frames, NaN where the detector found no face.

    `angles` (T, 3) yaw, pitch, roll in radians with the signs of `landmark_pose.angles`; `expression` (T, 10)
    coefficients of the model; `points` (T, 68, 2) x, y in pixels.
    """
    from evalkit.extractors import tddfa_network as model

    network = model.ParameterRegressor()
    load_state(network, weights.locate(NETWORK), entry="state_dict", prefix="module.")
    with np.load(weights.locate(BASES), allow_pickle=False) as stored:
        bases = {name: stored[name] for name in stored.files}

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        boxes = upstream[DETECTOR]["box"]
        features = {
            "angles": np.full((len(frames), 3), np.nan),
            "expression": np.full((len(frames), model.EXPRESSION), np.nan),
            "points": np.full((len(frames), model.POINTS, 2), np.nan),
        }
        found = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        if not len(found):
            return features
        squares = [_square(boxes[i]) for i in found]
        blob = np.stack([_input(frames[i], square) for i, square in zip(found, squares, strict=True)])
        with one_thread():
            parameters = model.regress(network, blob, bases)
        turn, _, _, features["expression"][found] = model.split(parameters)
        features["angles"][found] = angles(_TO_CAMERA @ model.rotation(turn) @ _TO_CAMERA)
        points = model.landmarks(parameters, bases)
        for i, square, placed in zip(found, squares, points, strict=True):
            features["points"][i] = _to_frame(placed, square)
        return features

    return extract


def _square(box: Values) -> Values:
    """(4,) left, top, right, bottom of the crop for a face box."""
    size = (box[2:] - box[:2]).mean()
    side = int(SCALE * size)
    corner = (box[:2] + box[2:]) / 2 + np.array([0, DOWN * size]) - side / 2
    return np.concatenate([corner, corner + side])


def _input(frame: NDArray[np.uint8], square: Values) -> NDArray[np.float32]:
    from evalkit.extractors.tddfa_network import SIZE

    left, top, right, bottom = (round(float(edge)) for edge in square)
    box = left, top, max(right, left + 1), max(bottom, top + 1)
    crop = box_crop(frame, box, SIZE)[..., ::-1].astype(np.float32)
    return np.ascontiguousarray((crop.transpose(2, 0, 1) - 127.5) / 128)


def _to_frame(points: Values, square: Values) -> Values:
    """(68, 2) pixels of the frame for (68, 3) points of the crop, which count x from 1 and y upwards."""
    from evalkit.extractors.tddfa_network import SIZE

    in_crop = np.stack([points[:, 0] - 1, SIZE - points[:, 1]], axis=1)
    return np.asarray(in_crop * ((square[2:] - square[:2]) / SIZE) + square[:2])


EXTRACTOR = Extractor(
    "tddfa_v2",
    f"{NETWORK}@{weights.find(NETWORK).short}|{BASES}@{weights.find(BASES).short}|square{SCALE}+{DOWN}-edges",
    (DETECTOR,),
    load,
    (NETWORK, BASES),
    modules=("cv2",),
)
