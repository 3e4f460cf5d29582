"""The Deep3DFaceRecon regressor: a ResNet-50 that reads 257 face-model coefficients off one aligned crop.

Source: Deng et al., "Accurate 3D Face Reconstruction with Weakly-Supervised Learning", CVPRW 2019, and the layout of
the official PyTorch checkpoint (`sicxu/Deep3DFaceRecon_pytorch`, `epoch_20.pth`, entry `net_recon`, loaded strictly).
Only the regressor is here: mesh and renderer need the licensed Basel model, and no metric of ours uses them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

COEFFICIENTS: dict[str, slice] = {
    "id": slice(0, 80),
    "exp": slice(80, 144),
    "tex": slice(144, 224),
    "angle": slice(224, 227),
    "gamma": slice(227, 254),
    "trans": slice(254, 257),
}
"""Parts of the 257 numbers: identity, expression, texture, Euler angles (radians), light, translation."""

HEAD_WIDTHS = (80, 64, 80, 3, 27, 2, 1)
"""Widths of the seven heads; translation is split in (x, y) and z."""

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""(inner width, number of bottlenecks) of the four ResNet-50 stages."""

EXPANSION = 4


class Bottleneck(nn.Module):
    """ResNet bottleneck, v1.5: 1x1, 3x3 (carries the stride), 1x1 times four, plus the shortcut.

    Source: He et al., "Deep Residual Learning", CVPR 2016, figure 5 right; the stride sits in the 3x3 convolution.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out_channels = width * EXPANSION
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, 4 * width, H / stride, W / stride)."""
        branch = functional.relu(self.bn1(self.conv1(x)))
        branch = functional.relu(self.bn2(self.conv2(branch)))
        branch = self.bn3(self.conv3(branch))
        return functional.relu(branch + self.downsample(x))


def stage(channels: int, width: int, depth: int, stride: int) -> nn.Sequential:
    """One ResNet stage of `depth` bottlenecks; the first one carries the stride and the change of width."""
    blocks = [Bottleneck(channels, width, stride)]
    blocks += [Bottleneck(width * EXPANSION, width, 1) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


class ResNet50(nn.Module):
    """ResNet-50 up to the global mean, without the classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = stage(64, *STAGES[0], stride=1)
        self.layer2 = stage(256, *STAGES[1], stride=2)
        self.layer3 = stage(512, *STAGES[2], stride=2)
        self.layer4 = stage(1024, *STAGES[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 2048, 1, 1)."""
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x))))  # (B, 64, H/4, W/4)
        x = self.layer2(self.layer1(x))  # (B, 512, H/8, W/8)
        x = self.layer4(self.layer3(x))  # (B, 2048, H/32, W/32)
        pooled: Tensor = self.avgpool(x)
        return pooled


class CoefficientRegressor(nn.Module):
    """Aligned crop -> 257 coefficients, ordered as in `COEFFICIENTS`."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = ResNet50()
        self.final_layers = nn.ModuleList(nn.Conv2d(2048, width, 1) for width in HEAD_WIDTHS)

    def forward(self, crops: Tensor) -> Tensor:
        """Regress the coefficients of a batch of crops.

        Args:
            crops: (B, 3, 224, 224) float32 RGB in [0, 1], aligned by `alignment.align_image`; no mean is subtracted.

        Returns:
            (B, 257) float32.
        """
        features = self.backbone(crops)  # (B, 2048, 1, 1)
        return torch.cat([head(features) for head in self.final_layers], dim=1).flatten(1)


def split_coefficients(coefficients: Tensor) -> dict[str, Tensor]:
    """Name the parts of (..., 257) coefficients: {"id": (..., 80), "exp": (..., 64), ...}."""
    return {name: coefficients[..., part] for name, part in COEFFICIENTS.items()}
