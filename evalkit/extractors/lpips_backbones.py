"""The three convolution stacks LPIPS looks at, and VGG-19's first part, in the layout of torchvision's state dicts.

Parameters are called `features.N...` there. Source: Krizhevsky 2014 (one-weird-trick AlexNet), Simonyan & Zisserman
2015 (VGG-16 and VGG-19), Iandola et al. 2016 (SqueezeNet 1.1); layer sizes and names as in torchvision, stages of the
three as in package `lpips` `pretrained_networks.py`.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_VGG_CHANNELS = (64, 128, 256, 512, 512)


class Fire(nn.Module):
    """SqueezeNet block: 1x1 squeeze, then 1x1 and 3x3 side by side."""

    def __init__(self, inputs: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, 2 * expand, H, W)."""
        squeezed = F.relu(self.squeeze(x))
        return F.relu(torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], 1))


class Backbone(nn.Module):
    """A stack of layers and the numbers of those whose output is a stage."""

    def __init__(self, layers: list[nn.Module], taps: tuple[int, ...]) -> None:
        super().__init__()
        self.features = nn.Sequential(*layers)
        self.taps = frozenset(taps)

    def forward(self, x: Tensor) -> Iterator[Tensor]:
        """(B, 3, H, W) -> the stages (B, C, H', W') one after the other, so that none need be kept."""
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self.taps:
                yield x


def alexnet() -> Backbone:
    """Five stages, one after each rectified convolution: 64, 192, 384, 256, 256 channels."""
    pool = nn.MaxPool2d(3, 2)
    layers = [nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), pool, nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), pool]
    for inputs, outputs in pairwise((192, 384, 256, 256)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
    return Backbone(layers, (1, 4, 7, 9, 11))


def vgg16() -> Backbone:
    """Five stages (relu1_2, relu2_2, relu3_3, relu4_3, relu5_3): 64, 128, 256, 512, 512 channels."""
    layers, blocks = _vgg((2, 2, 3, 3, 3))
    return Backbone(layers, tuple(block[-1] for block in blocks))


def vgg19() -> Backbone:
    """Five stages (relu1_1, relu2_1, relu3_1, relu4_1, relu5_1): 64, 128, 256, 512, 512 channels; nothing behind."""
    layers, blocks = _vgg((2, 2, 4, 4, 4))
    taps = tuple(block[0] for block in blocks)
    return Backbone(layers[: taps[-1] + 1], taps)


def _vgg(depths: Sequence[int]) -> tuple[list[nn.Module], list[list[int]]]:
    """Layers of a VGG, and for each of its blocks the places of rectified convolutions."""
    layers: list[nn.Module] = []
    blocks, inputs = [], 3
    for outputs, depth in zip(_VGG_CHANNELS, depths, strict=True):
        layers += [nn.MaxPool2d(2, 2)] if layers else []
        blocks.append([len(layers) + 1 + 2 * number for number in range(depth)])
        for _ in range(depth):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
    return layers, blocks


def squeezenet() -> Backbone:
    """Seven stages of SqueezeNet 1.1: 64, 128, 256, 384, 384, 512, 512 channels; its pools round sizes up."""
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    layers = [nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool, Fire(64, 16, 64), Fire(128, 16, 64), pool]
    layers += [Fire(128, 32, 128), Fire(256, 32, 128), pool, Fire(256, 48, 192), Fire(384, 48, 192)]
    layers += [Fire(384, 64, 256), Fire(512, 64, 256)]
    return Backbone(layers, (1, 4, 7, 9, 10, 11, 12))
