"""The 203 landmarks of LivePortrait's own detector, on which its eye and lip rules measure.

The official cropper starts from insightface's 106 points; here dlib's 68 say where the face is. Every frame is read on
its own, where the official code follows a clip from frame to frame.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.liveportrait.crop import LANDMARK_CROP, crop_image, crop_matrix, uncropped
from evalkit import weights
from evalkit.errors import MethodError, WeightsError
from evalkit.extractors import dlib68
from evalkit.extractors.onnx_network import OnnxNetwork, load_onnx
from evalkit.types import Frames, Values

WEIGHTS = "face-landmarks-203"
POINTS_OUTPUT = 2
"""Which output of the network holds the points: 203 x, y pairs in [0, 1] of the crop."""

Read = Callable[[Tensor], Tensor]
"""(T, 3, H, W) RGB in [0, 1] -> (T, 203, 2) x, y in pixels, on the same device."""


def landmark_reader() -> Read:
    """The detector. Raises `MethodError`, with the command that helps, when its weights are missing."""
    try:
        network = load_onnx(weights.locate(WEIGHTS))
    except WeightsError as error:
        raise MethodError(f"normalize_lip and retargeting need 203 landmarks of the face. {error}") from error
    find = dlib68.load()

    def read(images: Tensor) -> Tensor:
        frames = (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        points = find(frames, {})["points"]
        return torch.from_numpy(landmarks_203(network, frames, points)).float().to(images.device)

    return read


def landmarks_203(network: OnnxNetwork, frames: Frames, points: Values) -> NDArray[np.float64]:
    """(T, H, W, 3) frames and their (T, 68, 2) landmarks -> (T, 203, 2). Raises `MethodError` where one has no face."""
    if (lost := np.flatnonzero(~np.isfinite(points).all(axis=(1, 2)))).size:
        raise MethodError(
            f"no face in {len(lost)} of {len(frames)} frames, and normalize_lip and retargeting measure on every one. "
            "Use normalize_lip=no, retarget_eyes=no and retarget_lip=no."
        )
    found = []
    for frame, seen in zip(frames, points, strict=True):
        matrix = crop_matrix(seen, LANDMARK_CROP)
        crop = crop_image(frame, matrix, LANDMARK_CROP.side).astype(np.float32) / np.float32(255)
        pairs = network(crop.transpose(2, 0, 1)[None])[POINTS_OUTPUT].reshape(-1, 2) * LANDMARK_CROP.side
        found.append(uncropped(pairs, matrix))
    return np.stack(found)
