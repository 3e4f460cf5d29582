"""ResNet with torchvision's layer names (`conv1`, `bn1`, `layer1.0.conv1`, ..., `fc`), for dagan and tpsm.

Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016; the stride of a bottleneck is in its 3x3
convolution (v1.5), as in torchvision.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

LAYERS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Depth -> number of blocks in each of the four layers."""


def _shortcut(in_features: int, out_features: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and in_features == out_features:
        return None
    conv = nn.Conv2d(in_features, out_features, 1, stride=stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_features))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions."""

    expansion = 1

    def __init__(self, in_features: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_features, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(in_features, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, H, W) -> (N, width, H/stride, W/stride)."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolution, four times as wide at the ends."""

    expansion = 4

    def __init__(self, in_features: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_features, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = _shortcut(in_features, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, H, W) -> (N, 4 width, H/stride, W/stride)."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Image -> five feature maps, or one vector.

    Args:
        depth: 18, 34, 50, 101 or 152.
        in_channels: image channels.
        outputs: width of the last linear layer.
    """

    def __init__(self, depth: int, *, in_channels: int = 3, outputs: int = 1000) -> None:
        super().__init__()
        block: type[BasicBlock] | type[Bottleneck] = BasicBlock if depth < 50 else Bottleneck
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        features = 64
        for index, blocks in enumerate(LAYERS[depth]):
            width = 64 * int(2**index)
            layer = nn.Sequential()
            for position in range(blocks):
                layer.append(block(features, width, 2 if index > 0 and position == 0 else 1))
                features = width * block.expansion
            self.add_module(f"layer{index + 1}", layer)
        self.fc = nn.Linear(features, outputs)

    def features(self, image: Tensor) -> list[Tensor]:
        """Maps at 1/2 (before the max-pooling), 1/4, 1/8, 1/16 and 1/32 of (N, C, H, W)."""
        maps = [F.relu(self.bn1(self.conv1(image)))]
        x = F.max_pool2d(maps[0], 3, stride=2, padding=1)
        for index in range(1, 5):
            x = self.get_submodule(f"layer{index}")(x)
            maps.append(x)
        return maps

    def forward(self, image: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, outputs)."""
        vector: Tensor = self.fc(self.features(image)[-1].mean(dim=(2, 3)))
        return vector
