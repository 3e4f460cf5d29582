"""Head pose and expression as Deep3DFaceRecon coefficients.

The crop is aligned by five points taken from the 68 dlib landmarks (`alignment.py`); the official script uses MTCNN's
five points, PIRenderer and its followers 68 points of face-alignment. A frame whose points fit no face counts as one
without a face. Source: Deng et al., CVPRW 2019; `sicxu/Deep3DFaceRecon_pytorch` `epoch_20.pth`, entry `net_recon`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.deep3d.alignment import align_image, fit_alignment, five_points, flip_y
from evalkit.extractors.torch_network import load_state, one_thread
from evalkit.types import Features, Frames, Values

WEIGHTS, LANDMARKS = "deep3dfacerecon-epoch20", "dlib68"


def load() -> Extract:
    """Features of T frames, NaN where no face was found.

    `expression` (T, 64) coefficients; `angles` (T, 3) pitch, yaw, roll in radians as the network gives them;
    `translation` (T, 3) in units of the face model; `pose` (T, 6) angles and translation.
    """
    import torch

    from evalkit.extractors.deep3d.network import CoefficientRegressor, split_coefficients

    network = CoefficientRegressor()
    load_state(network, weights.locate(WEIGHTS), entry="net_recon")

    def regress(crops: list[NDArray[np.uint8]]) -> dict[str, Values]:
        batch = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 255
        with torch.inference_mode(), one_thread():  # one by one, so that bits do not depend on the batch
            parts = split_coefficients(torch.cat([network(row[None]) for row in batch]).double())
        return {name: part.numpy() for name, part in parts.items()}

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        crops = [aligned(frame, points) for frame, points in zip(frames, upstream[LANDMARKS]["points"], strict=True)]
        found = [i for i, crop in enumerate(crops) if crop is not None]
        features = {"expression": np.full((len(frames), 64), np.nan), "pose": np.full((len(frames), 6), np.nan)}
        if found:
            parts = regress([crop for crop in crops if crop is not None])
            features["expression"][found] = parts["exp"]
            features["pose"][found] = np.concatenate([parts["angle"], parts["trans"]], axis=1)
        return {**features, "angles": features["pose"][:, :3], "translation": features["pose"][:, 3:]}

    return extract


def aligned(frame: NDArray[np.uint8], points: Values) -> NDArray[np.uint8] | None:
    """(224, 224, 3) crop of a frame by its 68 landmarks (68, 2), y down; None without a face that fits the frame."""
    height, width = frame.shape[:2]
    if not np.isfinite(points).all():
        return None
    try:
        alignment = fit_alignment(flip_y(five_points(points), height), width, height)
    except ValueError:
        return None
    return align_image(frame, alignment)


EXTRACTOR = Extractor(
    "deep3d", f"{WEIGHTS}@{weights.find(WEIGHTS).short}|5of68-align-224", (LANDMARKS,), load, (WEIGHTS,)
)
