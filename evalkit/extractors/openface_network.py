"""OpenFace nn4.small2.v1 in PyTorch, with the names of the state dict `openface.pth`.

An Inception network on 96x96 faces; 3.7 million parameters; 128 numbers of length one. The normalisation across
channels is PyTorch's `CrossMapLRN2d`, whose running sum never lets go of the first channel: the port uses the same.

Source: Amos et al., OpenFace, CMU-CS-16-118, 2016 (nn4.small2, after Schroff et al., FaceNet, CVPR 2015); sizes and
names of layers as in `thnkim/OpenFacePytorch` (`loadOpenFace.py`).
"""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE, DIMENSIONS = 96, 128
_EPSILON = 1e-6


class Inception(nn.Module):
    """Branches side by side, smaller maps padded with zeros to the largest.

    Args:
        inputs: channels that come in.
        convolutions: (kernel, stride, reduced, outputs) of each branch 1x1 -> kernel x kernel.
        pool: the pooling branch's first layer.
        pooled: channels of its 1x1 convolution, None for none.
        single: channels of the plain 1x1 branch, None for no such branch.
    """

    def __init__(
        self,
        inputs: int,
        convolutions: Sequence[tuple[int, int, int, int]],
        pool: nn.Module,
        pooled: int | None,
        single: int | None,
    ) -> None:
        super().__init__()
        branches = [
            _named(
                [
                    ("conv", nn.Conv2d(inputs, reduced, 1)),
                    ("bn", nn.BatchNorm2d(reduced)),
                    ("relu", nn.ReLU()),
                    ("conv", nn.Conv2d(reduced, outputs, kernel, stride, kernel // 2)),
                    ("bn", nn.BatchNorm2d(outputs)),
                    ("relu", nn.ReLU()),
                ]
            )
            for kernel, stride, reduced, outputs in convolutions
        ]
        after = _unit(inputs, pooled) if pooled else []
        branches.append(_named([("pool", pool), *after]))
        if single:
            branches.append(_named(_unit(inputs, single)))
        self.seq_list = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, sum of the branches, H', W')."""
        maps = [branch(x) for branch in self.seq_list]
        height, width = (max(part.shape[axis] for part in maps) for axis in (2, 3))
        return torch.cat([_padded(part, height, width) for part in maps], 1)


class OpenFace(nn.Module):
    """The network up to its 128 numbers; layers without weights have no place in the numbering."""

    def __init__(self) -> None:
        super().__init__()
        self.layer1, self.layer2 = nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64)
        self.layer6, self.layer7 = nn.Conv2d(64, 64, 1), nn.BatchNorm2d(64)
        self.layer9, self.layer10 = nn.Conv2d(64, 192, 3, 1, 1), nn.BatchNorm2d(192)
        self.normalise = nn.CrossMapLRN2d(5, 1e-4, 0.75, 1.0)
        self.layer14 = Inception(192, [(3, 1, 96, 128), (5, 1, 16, 32)], _largest(), 32, 64)
        self.layer15 = Inception(256, [(3, 1, 96, 128), (5, 1, 32, 64)], _root_of_squares(), 64, 64)
        self.layer16 = Inception(320, [(3, 2, 128, 256), (5, 2, 32, 64)], _largest(), None, None)
        self.layer17 = Inception(640, [(3, 1, 96, 192), (5, 1, 32, 64)], _root_of_squares(), 128, 256)
        self.layer18 = Inception(640, [(3, 2, 160, 256), (5, 2, 64, 128)], _largest(), None, None)
        self.layer19 = Inception(1024, [(3, 1, 96, 384)], _root_of_squares(), 96, 256)
        self.layer21 = Inception(736, [(3, 1, 96, 384)], _largest(), 96, 256)
        self.layer25 = nn.Linear(736, DIMENSIONS)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, 96, 96) float32 BGR in [0, 1] -> (B, 128), each of length one."""
        x = F.max_pool2d(F.relu(self.layer2(self.layer1(x))), 3, 2, 1)  # (B, 64, 24, 24)
        x = F.relu(self.layer7(self.layer6(self.normalise(x))))
        x = self.normalise(F.relu(self.layer10(self.layer9(x))))  # (B, 192, 24, 24)
        x = self.layer15(self.layer14(F.max_pool2d(x, 3, 2, 1)))  # (B, 320, 12, 12)
        x = self.layer17(self.layer16(x))  # (B, 640, 6, 6)
        x = self.layer21(self.layer19(self.layer18(x)))  # (B, 736, 3, 3)
        x = self.layer25(F.avg_pool2d(x, 3, 1).flatten(1))
        return x / torch.sqrt((x**2).sum(1, keepdim=True) + _EPSILON)


def _unit(inputs: int, outputs: int) -> list[tuple[str, nn.Module]]:
    return [("conv", nn.Conv2d(inputs, outputs, 1)), ("bn", nn.BatchNorm2d(outputs)), ("relu", nn.ReLU())]


def _named(layers: Sequence[tuple[str, nn.Module]]) -> nn.Sequential:
    """Layers under the official names: `1_conv`, `2_bn`, ..."""
    return nn.Sequential(OrderedDict((f"{number}_{kind}", layer) for number, (kind, layer) in enumerate(layers, 1)))


def _largest() -> nn.Module:
    return nn.MaxPool2d(3, 2)


def _root_of_squares() -> nn.Module:
    return nn.LPPool2d(2, 3, 3)


def _padded(x: Tensor, height: int, width: int) -> Tensor:
    """Zeros around (B, C, H, W); the odd one goes to the right and to the bottom."""
    down, right = height - x.shape[2], width - x.shape[3]
    return F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
