"""Files in the place of those that are not at hand: seeded random weights in the layout of the official file.

ArcFace and the large SCRFD are ONNX files of which only small sisters are at hand; those take their places.
"""

import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from evalkit import weights
from evalkit.extractors.deep3d.network import CoefficientRegressor
from evalkit.extractors.i3d_network import I3D
from evalkit.extractors.inception_network import InceptionFID
from evalkit.extractors.lpips_backbones import alexnet, squeezenet, vgg16
from evalkit.extractors.openface_network import OpenFace

SISTERS = {
    "arcface-w600k-r50": "mobilefacenet-arcface-128",
    "arcface-glint360k-r100": "mobilefacenet-arcface-128",
    "$EVALKIT_ARCFACE": "mobilefacenet-arcface-128",
    "scrfd-10g-det": "scrfd-500m-det",
}
STATES: dict[str, Callable[[], nn.Module]] = {
    "inception-fid-pytorch": InceptionFID,
    "openface-nn4-small2": OpenFace,
    "deep3dfacerecon-epoch20": CoefficientRegressor,
    "i3d-pretrained-400": I3D,
    "lpips-backbone-alexnet": alexnet,
    "lpips-backbone-vgg16": vgg16,
    "lpips-backbone-squeezenet1.1": squeezenet,
}


class HeatMaps(nn.Module):
    """For 2DFAN-4: 68 maps of a quarter of the picture's side."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Conv2d(3, 68, 8, stride=4, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.maps(x)


class ClipLogits(nn.Module):
    """For StyleGAN-V's I3D: its three switches, and 400 numbers a clip."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Conv3d(3, 400, (3, 32, 32), stride=(2, 32, 32))

    def forward(self, x: Tensor, rescale: bool = False, resize: bool = False, return_features: bool = False) -> Tensor:
        if rescale:
            x = x / 127.5 - 1
        if resize:
            x = functional.interpolate(x, size=[x.shape[2], 224, 224], mode="trilinear", align_corners=False)
        return self.logits(x).mean(dim=[2, 3, 4])


SCRIPTS: dict[str, Callable[[], nn.Module]] = {
    "fan-2dfan4-zip": HeatMaps,
    "i3d-torchscript-kinetics400": ClipLogits,
}


def locate_with_stand_ins(folder: Path) -> Callable[[str], Path]:
    """What takes the place of `weights.locate`: missing files are made in `folder`, all others are found as always."""
    found = weights.locate

    def locate(name: str) -> Path:
        path = folder / name
        if name in STATES and not path.exists():
            state = seeded(STATES[name]()).state_dict()
            torch.save({"net_recon": state} if name.startswith("deep3d") else state, path)
        if name in SCRIPTS and not path.exists():
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", r"`torch\.jit", FutureWarning)
                torch.jit.script(seeded(SCRIPTS[name]())).save(str(path))
        return path if path.exists() else found(SISTERS.get(name, name))

    return locate


def seeded(network: nn.Module) -> nn.Module:
    """Random weights under which signals neither die nor explode on the way."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()
