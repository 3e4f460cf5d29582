"""I3D logits of windows of 16 frames or of whole clips, for FVD, by the TorchScript network of StyleGAN-V.

The file is a program with its weights, made from TensorFlow Hub `deepmind/i3d-kinetics-400`; it takes clips
(B, 3, T, H, W) and three switches. `EXTRACTOR` lets it rescale from 0..255 and resize to 224x224 itself, as StyleGAN-V
does, and `EXTRACTOR_FIRST` too, for the first 16 frames of a clip only; `EXTRACTOR_CENTRE` sees a clip whole, scales
its short side to 224, crops the centre and scales to [-1, 1] before, as common_metrics_on_video_quality does.
`i3d_videogpt.py` has a network of our own and needs no TorchScript.

Source: Unterthiner et al., 2018; Skorokhodov et al., StyleGAN-V, CVPR 2022 (`frechet_video_distance.py`);
JunyaoHu/common_metrics_on_video_quality `fvd/styleganv`.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors.base import WHOLE_CLIP, Extract, ExtractClip, Extractor
from evalkit.types import Features, Frames

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "i3d-torchscript-kinetics400"
WINDOW = 16
FEWEST = 10
"""common-metrics takes no clip of fewer frames; the network itself needs 9."""
_SIDE = 224


def load(device: str = "cpu") -> Extract:
    """Features: `logits` (1, 400) of one window, from the registered weights; `WeightsError` without them."""
    return load_file(weights.locate(WEIGHTS), device)


def load_first(device: str = "cpu") -> ExtractClip:
    """Features: `logits` (1, 400) of the first window of one clip, or (0, 400) of one that has none."""
    return load_first_file(weights.locate(WEIGHTS), device)


def load_centre(device: str = "cpu") -> ExtractClip:
    """Features: `logits` (1, 400) of one clip, or (0, 400) of a short one; `WeightsError` without the weights."""
    return load_centre_file(weights.locate(WEIGHTS), device)


def load_file(path: Path, device: str = "cpu") -> Extract:
    """As `load` from a TorchScript file."""
    from evalkit.extractors.inference import exact_inference

    network = _torchscript(path, device)

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        if len(frames) != WINDOW:
            raise ValueError(f"expected a window of {WINDOW} frames, got {len(frames)}")
        with exact_inference():
            return _row(network(raw(frames).to(device), rescale=True, resize=True, return_features=True))

    return extract


def load_first_file(path: Path, device: str = "cpu") -> ExtractClip:
    """As `load_first` from a TorchScript file."""
    extract = load_file(path, device)

    def first(count: int, chunks: Iterable[Frames]) -> Features:
        if count < WINDOW:
            return {"logits": np.empty((0, 400))}
        return extract(_first_frames(chunks), {})

    return first


def _first_frames(chunks: Iterable[Frames]) -> Frames:
    """The first `WINDOW` frames; chunks after them are not asked for."""
    begun: list[Frames] = []
    for chunk in chunks:
        begun.append(chunk)
        if sum(map(len, begun)) >= WINDOW:
            break
    return np.concatenate(begun)[:WINDOW]


def load_centre_file(path: Path, device: str = "cpu") -> ExtractClip:
    """As `load_centre` from a TorchScript file."""
    network = partial(_torchscript(path, device), rescale=False, resize=False, return_features=True)
    return clip_extract(partial(one_piece_logits, network), device)


def one_piece_logits(network: "Callable[[Tensor], Tensor]", count: int, pieces: "Iterable[Tensor]") -> "Tensor":
    """Logits of a clip of `count` frames that comes in pieces, by a network that takes it in one (1, 3, T, 224, 224).

    A TorchScript program cannot be cut, so memory grows with the clip; `i3d_stream.py` keeps it flat.
    """
    import torch

    clip, start = None, 0
    for piece in pieces:
        clip = torch.empty(1, 3, count, _SIDE, _SIDE, device=piece.device) if clip is None else clip
        clip[:, :, start : start + piece.shape[2]] = piece
        start += piece.shape[2]
    assert clip is not None
    return network(clip)


def clip_extract(logits: "Callable[[int, Iterable[Tensor]], Tensor]", device: str) -> ExtractClip:
    """One row of 400 numbers for a clip of `FEWEST` frames or more, no row for a shorter one.

    `logits` gets the number of frames T, and pieces (1, 3, t, 224, 224) as `centre_crop` makes them, T in all.
    """
    from evalkit.extractors.inference import exact_inference

    def extract(count: int, chunks: Iterable[Frames]) -> Features:
        if count < FEWEST:
            return {"logits": np.empty((0, 400))}
        with exact_inference():
            return _row(logits(count, (centre_crop(frames).to(device) for frames in chunks)))

    return extract


def raw(frames: Frames) -> "Tensor":
    """(T, H, W, 3) uint8 -> (1, 3, T, H, W) float32, 0..255."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(frames.transpose(3, 0, 1, 2)))[None].float()


def centre_crop(frames: Frames) -> "Tensor":
    """(T, H, W, 3) uint8 -> (1, 3, T, 224, 224) float32 in [-1, 1].

    Bilinear without antialiasing until the short side is 224, then the centre.
    """
    import torch
    from torch.nn import functional as F

    pictures = torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))).float() / 255
    size = scaled_size(*pictures.shape[2:])
    pictures = F.interpolate(pictures, size=size, mode="bilinear", align_corners=False)
    top, left = (size[0] - _SIDE) // 2, (size[1] - _SIDE) // 2
    cropped = pictures[:, :, top : top + _SIDE, left : left + _SIDE]
    return (2 * cropped - 1).transpose(0, 1)[None].contiguous()


def scaled_size(height: int, width: int) -> tuple[int, int]:
    """Height and width that `centre_crop` scales frames to: the short side becomes 224, the other one is rounded up.

    The factor is a float, as in VideoGPT and common-metrics, and of a square the width counts as the short side. Of 90
    squares from 64 to 1080 pixels, 400 for one, rounding takes the height to 225, and the crop drops the last row.
    """
    scale = _SIDE / min(height, width)
    return (_SIDE, ceil(width * scale)) if height < width else (ceil(height * scale), _SIDE)


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


def _row(logits: "Tensor") -> Features:
    return {"logits": logits.cpu().numpy().astype(np.float64).reshape(1, -1)}


_FILE = f"{WEIGHTS}@{weights.find(WEIGHTS).short}"
EXTRACTOR = Extractor("i3d", f"{_FILE}|{WINDOW}f|resize224-inside", (), load, (WEIGHTS,), WINDOW, gpu=True)
EXTRACTOR_FIRST = Extractor(
    "i3d_first", f"{_FILE}|first{WINDOW}f|resize224-inside", (), load_first, (WEIGHTS,), WHOLE_CLIP, gpu=True
)
EXTRACTOR_CENTRE = Extractor(
    "i3d_centre",
    f"{_FILE}|whole-clip>={FEWEST}f|short224-float-ceil-bilinear-centre",
    (),
    load_centre,
    (WEIGHTS,),
    WHOLE_CLIP,
    gpu=True,
)
