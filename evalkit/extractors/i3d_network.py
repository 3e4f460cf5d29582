"""Inflated 3-D Inception (I3D, RGB, Kinetics-400), in the layout of piergiaj/pytorch-i3d.

Convolutions and pools pad as TensorFlow's "SAME": as little as needed, the odd element at the end. The state dict
`i3d_pretrained_400.pt` of VideoGPT has this layout and holds the weights of TensorFlow Hub `deepmind/i3d-kinetics-400`,
which FVD is defined with; `rgb_imagenet.pt` has the layout too but other weights. VideoGPT's network divides by
sqrt(variance + 1e-5) in batch normalisation where piergiaj's has 1e-3.

Source: Carreira & Zisserman, Quo Vadis, Action Recognition?, CVPR 2017; names of piergiaj/pytorch-i3d; constants of
wilson1yan/VideoGPT `videogpt/fvd/pytorch_i3d.py`.
"""

from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CLASSES = 400
SIDE = 224
_EPSILON = 1e-5

Triple: TypeAlias = tuple[int, int, int]
Widths: TypeAlias = tuple[int, int, int, int, int, int]


class Unit3D(nn.Module):
    """Convolution with "SAME" padding, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: Triple = (1, 1, 1), stride: Triple = (1, 1, 1)) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride=stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=_EPSILON)
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T, H, W) -> (B, outputs, ceil(T / stride), ...)."""
        return F.relu(self.bn(self.conv3d(_pad(x, self.kernel, self.stride))), inplace=True)


class Linear3D(nn.Module):
    """The classifier: a 1x1x1 convolution with bias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T, H, W) -> (B, outputs, T, H, W)."""
        logits: Tensor = self.conv3d(x)
        return logits


class Mixed(nn.Module):
    """Inception block: 1x1x1; 1x1x1 then 3x3x3, twice; 3x3x3 maximum pool then 1x1x1."""

    def __init__(self, inputs: int, widths: Widths) -> None:
        super().__init__()
        cube = (3, 3, 3)
        self.b0 = Unit3D(inputs, widths[0])
        self.b1a, self.b1b = Unit3D(inputs, widths[1]), Unit3D(widths[1], widths[2], cube)
        self.b2a, self.b2b = Unit3D(inputs, widths[3]), Unit3D(widths[3], widths[4], cube)
        self.b3b = Unit3D(inputs, widths[5])

    def forward(self, x: Tensor) -> Tensor:
        """Keeps time, height and width."""
        pooled = _max_pool(x, (3, 3, 3), (1, 1, 1))
        return torch.cat([self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(pooled)], 1)


class I3D(nn.Module):
    """RGB I3D with 400 classes."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv3d_1a_7x7 = Unit3D(3, 64, (7, 7, 7), (2, 2, 2))
        self.Conv3d_2b_1x1 = Unit3D(64, 64)
        self.Conv3d_2c_3x3 = Unit3D(64, 192, (3, 3, 3))
        self.Mixed_3b = Mixed(192, (64, 96, 128, 16, 32, 32))
        self.Mixed_3c = Mixed(256, (128, 128, 192, 32, 96, 64))
        self.Mixed_4b = Mixed(480, (192, 96, 208, 16, 48, 64))
        self.Mixed_4c = Mixed(512, (160, 112, 224, 24, 64, 64))
        self.Mixed_4d = Mixed(512, (128, 128, 256, 24, 64, 64))
        self.Mixed_4e = Mixed(512, (112, 144, 288, 32, 64, 64))
        self.Mixed_4f = Mixed(528, (256, 160, 320, 32, 128, 128))
        self.Mixed_5b = Mixed(832, (256, 160, 320, 32, 128, 128))
        self.Mixed_5c = Mixed(832, (384, 192, 384, 48, 128, 128))
        self.logits = Linear3D(1024, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Clips (B, 3, T, 224, 224) float32 in [-1, 1], T >= 9 -> logits (B, 400), the mean over time."""
        return self.classify(self.top(self.middle(self.stem(x)))).mean(dim=2)

    def stem(self, x: Tensor) -> Tensor:
        """(B, 3, T, 224, 224) -> (B, 480, ceil(T / 4), 14, 14)."""
        x = _max_pool(self.Conv3d_1a_7x7(x), (1, 3, 3), (1, 2, 2))  # (B, 64, T/2, 56, 56)
        x = _max_pool(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x)), (1, 3, 3), (1, 2, 2))  # (B, 192, T/2, 28, 28)
        return _max_pool(self.Mixed_3c(self.Mixed_3b(x)), (3, 3, 3), (2, 2, 2))

    def middle(self, x: Tensor) -> Tensor:
        """(B, 480, T, 14, 14) -> (B, 832, ceil(T / 2), 7, 7)."""
        x = self.Mixed_4f(self.Mixed_4e(self.Mixed_4d(self.Mixed_4c(self.Mixed_4b(x)))))
        return _max_pool(x, (2, 2, 2), (2, 2, 2))

    def top(self, x: Tensor) -> Tensor:
        """(B, 832, T, 7, 7) -> (B, 1024, T, 7, 7)."""
        features: Tensor = self.Mixed_5c(self.Mixed_5b(x))
        return features

    def classify(self, x: Tensor) -> Tensor:
        """(B, 1024, T, 7, 7) -> logits (B, 400, T - 1), of two neighbouring steps each."""
        logits: Tensor = self.logits(F.avg_pool3d(x, (2, 7, 7), stride=1))
        return logits.flatten(2)


def _max_pool(x: Tensor, kernel: Triple, stride: Triple) -> Tensor:
    """Padded with zeros: everything here comes out of a ReLU, so they never win over a value."""
    return F.max_pool3d(_pad(x, kernel, stride), kernel, stride)


def _pad(x: Tensor, kernel: Triple, stride: Triple) -> Tensor:
    pads: list[int] = []
    for size, k, s in zip(reversed(x.shape[2:]), reversed(kernel), reversed(stride), strict=True):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads) if any(pads) else x
