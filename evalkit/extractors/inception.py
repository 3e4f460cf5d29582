"""Inception-v3 features for FID and KID: 2048 numbers per frame, with three ways to resize before the network.

Source: Heusel et al., NeurIPS 2017; weights and first variant of mseitzer/pytorch-fid. clean-fid and torch-fidelity
take the same TensorFlow weights in other containers; the differences that matter are the resize and the scaling of
pixels, see `inception_resize.py`.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from evalkit import weights
from evalkit.extractors.base import Extract, Extractor
from evalkit.types import Features, Frames

WEIGHTS = "inception-fid-pytorch"
_BATCH = 8
"""On a CPU; a GPU takes all frames it is given at once."""


def load(resize: str, device: str = "cpu") -> Extract:
    """Features: `pool` (T, 2048) float32, from the registered weights. Raises `WeightsError` when they are absent."""
    return load_file(weights.locate(WEIGHTS), resize, device)


def load_file(path: Path, resize: str, device: str = "cpu") -> Extract:
    """As `load` from a file in the layout of pytorch-fid; `resize` is a function of `inception_resize`."""
    import torch

    from evalkit.extractors import inception_resize
    from evalkit.extractors.inception_network import FEATURES, InceptionFID, fuse
    from evalkit.extractors.inference import exact_inference
    from evalkit.extractors.torch_network import load_into, read_state

    prepare = getattr(inception_resize, resize)
    on_cpu = torch.device(device).type == "cpu"
    network = fuse(load_into(InceptionFID(), read_state(path), path))
    network = network.to(memory_format=torch.channels_last).to(device)

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        pool = torch.empty(len(frames), FEATURES)
        size = _BATCH if on_cpu else len(frames)
        with exact_inference():
            for start in range(0, len(frames), size):
                pictures = prepare(frames[start : start + size])
                pictures = pictures.to(device, memory_format=torch.channels_last)
                pool[start : start + size] = network(pictures).cpu()
        return {"pool": pool.numpy()}

    return extract


def _extractor(id: str, resize: str, settings: str) -> Extractor:
    signature = f"{WEIGHTS}@{weights.find(WEIGHTS).short}|{settings}"
    return Extractor(id, signature, (), partial(load, resize), (WEIGHTS,), gpu=True)


EXTRACTOR = _extractor("inception", "bilinear", "bilinear299-no-antialias")
EXTRACTOR_CLEAN = _extractor("inception_clean", "antialiased", "pillow-bicubic299-clip")
EXTRACTOR_TF = _extractor("inception_tf", "tensorflow1", "tf1-bilinear299")
