"""Feature maps of an ImageNet network for the perceptual loss.

The paper names a VGG loss and no more. Its stated base, LIA, compares five rectified maps of VGG-19 at four sizes,
which a Gaussian is put in front of, as FOMM (Siarohin et al., NeurIPS 2019) does.
"""

from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.sfd.lab.training.config import Perception
from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors.lpips import BACKBONE_WEIGHTS
from evalkit.extractors.lpips_backbones import Backbone, squeezenet, vgg16, vgg19
from evalkit.extractors.torch_network import load_into, read_state

STAND_IN = "squeezenet1_1_onnxzoo.npz"
"""Weights of SqueezeNet from the ONNX model zoo, which do when torchvision's are missing."""
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Perceptual(nn.Module):
    """Stages of a frozen backbone at several sizes.

    Args:
        backbone: ImageNet network.
        about: which of its maps, of which images.
    """

    def __init__(self, backbone: Backbone, about: Perception) -> None:
        super().__init__()
        self.backbone = backbone.eval().requires_grad_(False)
        self.about = about
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(B, 3, H, W) in [-1, 1] -> feature maps, scale by scale."""
        maps: list[Tensor] = []
        for scale in self.about.scales:
            x = images if scale == 1 else _SHRINK[self.about.shrink](images, scale)
            x = x.clamp(-1, 1) if self.about.clamp else x
            x = ((x + 1) / 2 - self.get_buffer("mean")) / self.get_buffer("deviation")
            maps += islice(self.backbone(x), self.about.stages)
        return maps


def _by_area(images: Tensor, scale: float) -> Tensor:
    return functional.interpolate(images, scale_factor=scale, mode="area")


def shrunk(images: Tensor, scale: float) -> Tensor:
    """Every (1 / scale)-th pixel behind a Gaussian, zeros outside: (B, C, H, W) -> (B, C, scale H, scale W).

    Its deviation is (1 / scale - 1) / 2 pixels and it reaches four deviations far, as in FOMM's image pyramid.
    """
    step = round(1 / scale)
    deviation = (1 / scale - 1) / 2
    reach = round(4 * deviation)
    places = torch.arange(-reach, reach + 1, dtype=images.dtype, device=images.device)
    line = torch.exp(-places.square() / (2 * deviation**2))
    line = (line / line.sum()).expand(images.shape[1], 1, -1)
    rows = functional.conv2d(images, line[..., None], padding=(reach, 0), groups=images.shape[1])
    return functional.conv2d(rows, line[:, :, None], padding=(0, reach), groups=images.shape[1])[..., ::step, ::step]


_SHRINK = {"gaussian": shrunk, "area": _by_area}


def backbone(network: str) -> Backbone:
    """The ImageNet network called `network` with its weights. Raises `WeightsError` when they are missing."""
    if network != "squeezenet":
        made, name = (vgg19(), "backbone-vgg19") if network == "vgg19" else (vgg16(), BACKBONE_WEIGHTS["vgg"])
        path = weights.locate(name)
        known = _features(read_state(path))
        return load_into(made, {key: known[key] for key in made.state_dict() if key in known}, path)
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
