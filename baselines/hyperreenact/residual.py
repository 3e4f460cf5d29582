"""The residual network with squeeze and excitation of face recognisers, which the inversion encoder borrows.

Source: Deng et al., "ArcFace" (CVPR 2019), section 3.1, in the form of `TreB1eN/InsightFace_Pytorch` (IR-SE-50), whose
state-dict keys these are; Hu et al., "Squeeze-and-Excitation Networks" (CVPR 2018).
"""

from torch import Tensor, nn

from baselines.hyperreenact.sizes import Stages

REDUCTION = 16
"""Channels over those inside a squeeze."""


class Squeeze(nn.Module):
    """Every channel times a share that depends on the means of all."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inside = max(1, channels // REDUCTION)
        self.fc1 = nn.Conv2d(channels, inside, 1, bias=False)
        self.fc2 = nn.Conv2d(inside, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        means = x.mean(dim=(2, 3), keepdim=True)
        weighted: Tensor = x * self.fc2(self.fc1(means).relu()).sigmoid()
        return weighted


class Block(nn.Module):
    """Two convolutions, the second of which may halve the resolution, beside a shortcut."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.shortcut_layer: nn.Module = nn.MaxPool2d(1, stride)
        if in_channels != channels:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.Conv2d(in_channels, channels, 3, padding=1, bias=False),
            nn.PReLU(channels),
            nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            Squeeze(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, C, H / stride, W / stride)."""
        out: Tensor = self.res_layer(x) + self.shortcut_layer(x)
        return out


class ResidualNetwork(nn.Module):
    """Input layer and body; every stage halves the resolution in its first block.

    Args:
        stages: channels and blocks.
    """

    def __init__(self, stages: Stages) -> None:
        super().__init__()
        channels = stages[0][0]
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.PReLU(channels)
        )
        blocks = []
        for width, depth in stages:
            for index in range(depth):
                blocks.append(Block(channels, width, 1 if index else 2))
                channels = width
        self.body = nn.Sequential(*blocks)
        self.ends = [sum(depth for _, depth in stages[: stage + 1]) - 1 for stage in range(len(stages))]

    def maps(self, images: Tensor) -> list[Tensor]:
        """(B, 3, H, W) in [-1, 1] -> the maps behind each stage, (B, C, H / 2, W / 2) first."""
        x, found = self.input_layer(images), []
        for index, block in enumerate(self.body):
            x = block(x)
            if index in self.ends:
                found.append(x)
        return found
