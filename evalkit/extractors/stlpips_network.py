"""ST-LPIPS: LPIPS on trunks that blur before every subsampling, so that a shift of a pixel or two changes little.

One file holds trunk, heads and the scaling of pixels. The blur is the binomial 3x3 filter of the file, per channel,
over two mirrored pixels on each side, every second pixel kept. AlexNet's first convolution has stride 1, its blur comes
before the rectifier; pools have stride 1 and a blur after them.

Source: Ghildyal and Liu, Shift-tolerant Perceptual Similarity Metric, ECCV 2022; layout of the state dicts and order of
layers as in their package `stlpips-pytorch` 0.0.2 (`variant="shift_tolerant"`).
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from evalkit.errors import WeightsError
from evalkit.extractors.lpips_backbones import Backbone
from evalkit.extractors.lpips_network import LpipsEmbedding, heads
from evalkit.extractors.torch_network import load_into, read_state

_BORDER = 2
_VGG_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


class Blur(nn.Module):
    """A filter per channel, then every second pixel."""

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("filt", torch.empty(channels, 1, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H // 2 + 1, W // 2 + 1) for even sides."""
        return F.conv2d(F.pad(x, (_BORDER,) * 4, mode="reflect"), self.filt, stride=2, groups=x.shape[1])


def alexnet() -> Backbone:
    """Five stages: 64, 192, 384, 256, 256 channels."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 11, 1, 2), Blur(64), nn.ReLU(), nn.MaxPool2d(3, 1), Blur(64)]
    layers += [nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 1), Blur(192)]
    for inputs, outputs in pairwise((192, 384, 256, 256)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
    return Backbone(layers, (2, 6, 10, 12, 14))


def vgg16() -> Backbone:
    """Five stages: 64, 128, 256, 512, 512 channels."""
    layers: list[nn.Module] = []
    taps, inputs = [], 3
    for outputs, depth in _VGG_STAGES:
        layers += [nn.MaxPool2d(2, 1), Blur(inputs)] if layers else []
        for _ in range(depth):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
        taps.append(len(layers) - 1)
    return Backbone(layers, tuple(taps))


TRUNKS = {"alex": alexnet, "vgg": vgg16}


def stlpips_embedding(net: str, path: Path, device: str = "cpu") -> LpipsEmbedding:
    """The network of a file of ST-LPIPS; `net` is "alex" or "vgg". Raises `WeightsError` for a file that does not fit.

    Keys: `net.sliceK.N...` (layer N of the trunk), `linK.model.1.weight` (1, C, 1, 1), `scaling_layer.shift|scale`.
    """
    state = read_state(path)
    trunk = {f"features.{m[1]}": value for key, value in state.items() if (m := re.match(r"net\.slice\d\.(.+)", key))}
    learned = {key: value for key, value in state.items() if key.startswith("lin")}
    network = LpipsEmbedding(load_into(TRUNKS[net](), trunk, path), heads(learned, path)).eval()
    _check_scaling(network, state, path)
    return network.to(memory_format=torch.channels_last).to(device)


def _check_scaling(network: LpipsEmbedding, state: Mapping[str, Tensor], path: Path) -> None:
    for name in ("shift", "scale"):
        stated = state.get(f"scaling_layer.{name}")
        if stated is None or not torch.equal(stated.flatten(), network.get_buffer(name).flatten()):
            raise WeightsError(f"{path}: expected the {name} of LPIPS v0.1 as scaling_layer.{name}, got {stated}")
