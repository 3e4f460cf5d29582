"""I3D logits of windows of 16 frames or of whole clips, for FVD, by the TorchScript network of StyleGAN-V.

The file is a program with its weights, made from TensorFlow Hub `deepmind/i3d-kinetics-400`; it takes clips
(B, 3, T, H, W) and three switches. `EXTRACTOR` lets it rescale from 0..255 and resize to 224x224 itself, as StyleGAN-V
does; `EXTRACTOR_CENTRE` sees a clip whole, scales its short side to 224, crops the centre and scales to [-1, 1] before,
as common_metrics_on_video_quality does. `i3d_videogpt.py` has a network of our own and needs no TorchScript.

Source: Unterthiner et al., 2018; Skorokhodov et al., StyleGAN-V, CVPR 2022 (`frechet_video_distance.py`);
JunyaoHu/common_metrics_on_video_quality `fvd/styleganv`.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors.base import WHOLE_CLIP, Extract, Extractor
from evalkit.types import Features, Frames

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "i3d-torchscript-kinetics400"
WINDOW = 16
FEWEST = 10
"""common-metrics takes no clip of fewer frames; the network itself needs 9."""
_SIDE = 224


def load(centre: bool, device: str = "cpu") -> Extract:
    """Features: `logits` (1, 400) of one window or clip, from the registered weights; `WeightsError` without them."""
    return load_file(weights.locate(WEIGHTS), centre, device)


def load_file(path: Path, centre: bool, device: str = "cpu") -> Extract:
    """As `load` from a TorchScript file; `centre` crops the centre before the network instead of resizing inside."""
    network = _torchscript(path, device)

    def logits(frames: Frames) -> "Tensor":
        if centre:
            clip = centre_crop(frames).to(device)
            return network(clip, rescale=False, resize=False, return_features=True)
        return network(raw(frames).to(device), rescale=True, resize=True, return_features=True)

    return logits_extract(logits, WHOLE_CLIP if centre else WINDOW)


def logits_extract(logits: "Callable[[Frames], Tensor]", window: int) -> Extract:
    """An extract function that gives one row of 400 numbers for one window, or a clip of `FEWEST` frames or more."""
    from evalkit.extractors.inference import exact_inference

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        if window == WHOLE_CLIP and len(frames) < FEWEST:
            return {"logits": np.empty((0, 400))}
        if window not in (WHOLE_CLIP, len(frames)):
            raise ValueError(f"expected a window of {window} frames, got {len(frames)}")
        with exact_inference():
            return {"logits": logits(frames).cpu().numpy().astype(np.float64).reshape(1, -1)}

    return extract


def raw(frames: Frames) -> "Tensor":
    """(T, H, W, 3) uint8 -> (1, 3, T, H, W) float32, 0..255."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(frames.transpose(3, 0, 1, 2)))[None].float()


def centre_crop(frames: Frames) -> "Tensor":
    """(T, H, W, 3) uint8 -> (1, 3, T, 224, 224) float32 in [-1, 1].

    Bilinear without antialiasing until the short side is 224 (the long one rounded up), then the centre.
    """
    import torch
    from torch.nn import functional as F

    pictures = torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))).float() / 255
    height, width = pictures.shape[2:]
    short = min(height, width)
    size = (-(-height * _SIDE // short), -(-width * _SIDE // short))
    pictures = F.interpolate(pictures, size=size, mode="bilinear", align_corners=False)
    top, left = (size[0] - _SIDE) // 2, (size[1] - _SIDE) // 2
    cropped = pictures[:, :, top : top + _SIDE, left : left + _SIDE]
    return (2 * cropped - 1).transpose(0, 1)[None].contiguous()


def _torchscript(path: Path, device: str) -> "Callable[..., Tensor]":
    """The network in a TorchScript file. PyTorch deprecates the format; the file exists in no other."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`torch\.jit\.load` is deprecated", FutureWarning)
            network = torch.jit.load(str(path), map_location=device)  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise WeightsError(f"{path} cannot be read as TorchScript: {error}") from error
    network.eval()
    return network  # type: ignore[no-any-return]


def _extractor(id: str, centre: bool, settings: str) -> Extractor:
    signature = f"{WEIGHTS}@{weights.find(WEIGHTS).short}|{settings}"
    return Extractor(id, signature, (), partial(load, centre), (WEIGHTS,), WHOLE_CLIP if centre else WINDOW, gpu=True)


EXTRACTOR = _extractor("i3d", False, f"{WINDOW}f|resize224-inside")
EXTRACTOR_CENTRE = _extractor("i3d_centre", True, f"whole-clip>={FEWEST}f|short224-bilinear-centre")
