"""Feature maps of an ImageNet network for the perceptual loss.

The paper names a VGG loss and no more. Here it is VGG-16 (torchvision's file in the weight registry) or SqueezeNet 1.1,
for which the ONNX model zoo's weights also do when torchvision's are missing.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors.lpips import BACKBONE_WEIGHTS
from evalkit.extractors.lpips_backbones import Backbone, squeezenet, vgg16
from evalkit.extractors.torch_network import load_into, read_state

STAND_IN = "squeezenet1_1_onnxzoo.npz"
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Perceptual(nn.Module):
    """Stages of a frozen backbone at several sizes.

    Args:
        backbone: ImageNet network.
        scales: factors of the image side.
        stages: how many of the backbone's stages are used, from the first.
    """

    def __init__(self, backbone: Backbone, scales: Sequence[float], stages: int) -> None:
        super().__init__()
        self.backbone = backbone.eval().requires_grad_(False)
        self.scales, self.stages = tuple(scales), stages
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(B, 3, H, W) in [-1, 1] -> feature maps, scale by scale."""
        x = ((images + 1) / 2 - self.get_buffer("mean")) / self.get_buffer("deviation")
        maps: list[Tensor] = []
        for scale in self.scales:
            small = x if scale == 1 else functional.interpolate(x, scale_factor=scale, mode="area")
            maps += islice(self.backbone(small), self.stages)
        return maps


def backbone(network: str) -> Backbone:
    """The ImageNet network called `network` with its weights. Raises `WeightsError` when they are missing."""
    if network == "vgg16":
        path = weights.locate(BACKBONE_WEIGHTS["vgg"])
        return load_into(vgg16(), _features(read_state(path)), path)
    try:
        path = weights.locate(BACKBONE_WEIGHTS["squeeze"])
        return load_into(squeezenet(), _features(read_state(path)), path)
    except WeightsError as error:
        stand_in = next((f / STAND_IN for f in weights.search_folders() if (f / STAND_IN).is_file()), None)
        if stand_in is None:
            raise WeightsError(f"{error} {STAND_IN} in a folder of $EVALKIT_WEIGHTS does as well.") from error
        return load_into(squeezenet(), _features(_read_arrays(stand_in)), stand_in)


def _features(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if name.startswith("features.")}


def _read_arrays(path: Path) -> dict[str, Tensor]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: torch.from_numpy(stored[name]) for name in stored.files}
