"""Identity embedding by OpenFace nn4.small2 on the whole frame, unaligned: the network of the FOMM line's AED.

The frame is resized to 96x96 as it is (bilinear, no antialiasing, as scikit-image 0.14 did, which `pose-evaluation`
pins), BGR, [0, 1]. The network's makers ask for an aligned face instead; this is not done there and so not here, and no
face is looked for: every frame has an embedding.

Source: AliaksandrSiarohin/pose-evaluation `extract.py` (`extract_face_id`); thnkim/OpenFacePytorch `openface.pth`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.types import Features, Frames

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "openface-nn4-small2"


def load() -> Extract:
    """Features: `embedding` (T, 128) of length one, for every frame. Raises `WeightsError` without the file."""
    return load_file(weights.locate(WEIGHTS))


def load_file(path: Path) -> Extract:
    """As `load` from a state dict in the layout of `openface.pth`."""
    import torch

    from evalkit.extractors.inference import exact_inference
    from evalkit.extractors.openface_network import OpenFace
    from evalkit.extractors.torch_network import load_into, one_thread, read_state

    network = load_into(OpenFace(), read_state(path), path)

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        with exact_inference(), one_thread():  # one by one, so that bits do not depend on the batch
            rows = torch.cat([network(row[None]) for row in prepare(frames)])
        return {"embedding": rows.double().numpy()}

    return extract


def prepare(frames: Frames) -> "Tensor":
    """(T, H, W, 3) uint8 RGB -> (T, 3, 96, 96) float32 BGR in [0, 1]."""
    import torch
    from torch.nn import functional as F

    from evalkit.extractors.openface_network import SIDE

    planes = torch.from_numpy(np.ascontiguousarray(frames[..., ::-1].transpose(0, 3, 1, 2))).double() / 255
    return F.interpolate(planes, size=(SIDE, SIDE), mode="bilinear", align_corners=False).float()


EXTRACTOR = Extractor("openface", f"{WEIGHTS}@{weights.short_digest(WEIGHTS)}|whole-96-bgr", (), load, (WEIGHTS,))
