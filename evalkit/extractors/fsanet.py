"""Head pose by FSA-Net: yaw, pitch and roll as the mean of its two released networks.

The crop is a square of 1.2 times the longer side of SCRFD's box around the box's centre, black outside the frame, 64
pixels wide. Source: Yang et al., FSA-Net, CVPR 2019, networks of `omasaht/headpose-fsanet-pytorch` (1x1 and var, each
trained on 300W-LP); pixels enter as (x - 127.5) / 128 in BGR order. The networks say degrees; yaw and roll have
the signs of `landmark_pose.angles`, pitch is turned to it.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.face_crop import square_crop
from evalkit.extractors.onnx_network import load_onnx
from evalkit.types import Features, Frames, Values

NETWORKS = ("fsanet-1x1", "fsanet-var")
DETECTOR = "scrfd_500m"
SIZE, MARGIN = 64, 1.2
SIGNS = np.array([1.0, -1.0, 1.0])
"""What turns the networks' yaw, pitch, roll to the signs of `landmark_pose.angles`."""


def load() -> Extract:
    """Features: `angles` (T, 3) yaw, pitch, roll in radians, NaN where the detector found no face."""
    networks = [load_onnx(weights.locate(name)) for name in NETWORKS]

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        angles = np.full((len(frames), 3), np.nan)
        boxes = upstream[DETECTOR]["box"]
        found = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        if len(found):
            blob = np.stack([_input(frames[i], boxes[i]) for i in found])
            degrees = np.mean([network(blob)[0] for network in networks], axis=0, dtype=np.float64)
            angles[found] = np.radians(degrees) * SIGNS
        return {"angles": angles}

    return extract


def _input(frame: NDArray[np.uint8], box: Values) -> NDArray[np.float32]:
    centre, side = (box[:2] + box[2:]) / 2, MARGIN * (box[2:] - box[:2]).max()
    crop = square_crop(frame, centre, side, SIZE)
    return np.ascontiguousarray((crop[..., ::-1].astype(np.float32).transpose(2, 0, 1) - 127.5) / 128)


EXTRACTOR = Extractor(
    "fsanet",
    "+".join(f"{name}@{weights.find(name).short}" for name in NETWORKS) + f"|mean|square{MARGIN}-{SIZE}",
    (DETECTOR,),
    load,
    NETWORKS,
    modules=("cv2", "onnxruntime"),
)
