"""LPIPS features of frames, for AlexNet, VGG-16 and SqueezeNet 1.1; see `lpips_network.py` for what they are.

They are large (at 256x256 and float32 1.7 MB a frame for AlexNet, 7.4 MB for SqueezeNet, 32 MB for VGG-16) and so never
kept: the metric sees a few frames at a time. The learned heads lie inside the package `lpips`, which is not imported;
heads and ImageNet backbones are found by name.

Source: Zhang et al., CVPR 2018; package `lpips` (v0.1, `normalize=False` on [-1, 1] input, spatial mean).
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.types import Features, Frames

if TYPE_CHECKING:
    from evalkit.extractors.lpips_network import LpipsEmbedding

HEAD_WEIGHTS = {net: f"lpips-lin-v0.1-{net}" for net in ("alex", "vgg", "squeeze")}
BACKBONE_WEIGHTS = {
    "alex": "lpips-backbone-alexnet",
    "vgg": "lpips-backbone-vgg16",
    "squeeze": "lpips-backbone-squeezenet1.1",
}
_BATCH = {"alex": 4, "vgg": 1, "squeeze": 4}
"""Frames in the network at a time, and frames the metric sees: no more than 100 MB of features at 256x256."""


def load(net: str, device: str = "cpu") -> Extract:
    """Features: `features` (T, D) float32. Raises `WeightsError` when the backbone or the head is absent."""
    return load_files(net, weights.locate(BACKBONE_WEIGHTS[net]), weights.locate(HEAD_WEIGHTS[net]), device)


def load_files(net: str, backbone: Path, head: Path, device: str = "cpu") -> Extract:
    """As `load` from a torchvision state dict and an `lpips` v0.1 head file."""
    from evalkit.extractors.lpips_network import lpips_embedding

    return rows_of(lpips_embedding(net, backbone, head, device), _BATCH[net], device)


def rows_of(network: "LpipsEmbedding", size: int, device: str) -> Extract:
    """Features: `features` (T, D) float32, what `network` makes of `size` frames at a time."""
    import torch

    from evalkit.extractors.inference import exact_inference

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3:
            raise ValueError(f"expected frames (T, H, W, 3) uint8, got {frames.shape} {frames.dtype}")
        rows = None
        with exact_inference():
            for start in range(0, len(frames), size):
                planes = np.ascontiguousarray(frames[start : start + size].transpose(0, 3, 1, 2))
                pictures = torch.from_numpy(planes).to(device, memory_format=torch.channels_last)
                part = network(pictures.float() / 127.5 - 1).cpu()
                rows = torch.empty(len(frames), part.shape[1]) if rows is None else rows
                rows[start : start + size] = part
        assert rows is not None
        return {"features": rows.numpy()}

    return extract


def _extractor(net: str) -> Extractor:
    backbone, head = weights.find(BACKBONE_WEIGHTS[net]), weights.find(HEAD_WEIGHTS[net])
    signature = f"{head.name}@{head.short}|{backbone.name}@{backbone.short}"
    needed = (backbone.name, head.name)
    return Extractor(f"lpips_{net}", signature, (), partial(load, net), needed, transient=_BATCH[net], gpu=True)


EXTRACTOR_ALEX = _extractor("alex")
EXTRACTOR_VGG = _extractor("vgg")
EXTRACTOR_SQUEEZE = _extractor("squeeze")
