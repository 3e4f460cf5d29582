"""The source as latent vectors of the generator: one for all layers, and an offset from it for each.

Source: Tov et al., "Designing an Encoder for StyleGAN Image Manipulation" (e4e, SIGGRAPH 2021), section 4. State-dict
keys are those of the official checkpoint (entry `e`).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines._shared.stylegan.layers import EqualLinear
from baselines.hyperreenact.residual import ResidualNetwork
from baselines.hyperreenact.sizes import Sizes

COARSE, MIDDLE = 3, 7
"""The first head of the middle and of the fine maps."""


class Head(nn.Module):
    """Convolutions that halve a map until one pixel is left, and a linear layer."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(int(math.log2(side))):
            layers += [nn.Conv2d(channels, channels, 3, stride=2, padding=1), nn.LeakyReLU()]
        self.convs = nn.Sequential(*layers)
        self.linear = EqualLinear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, side, side) -> (B, C)."""
        vector: Tensor = self.linear(self.convs(x).flatten(1))
        return vector


class InversionEncoder(ResidualNetwork):
    """Picture to latent vectors.

    Args:
        sizes: the widest maps have as many channels as a latent vector is long.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes.residual)
        width = sizes.style_dim
        sides = (sizes.side // 16, sizes.side // 8, sizes.side // 4)
        count = 2 * int(math.log2(sizes.side)) - 2
        levels = [0] * COARSE + [1] * (MIDDLE - COARSE) + [2] * (count - MIDDLE)
        self.styles = nn.ModuleList(Head(width, sides[level]) for level in levels[:count])
        self.latlayer1 = nn.Conv2d(sizes.residual[2][0], width, 1)
        self.latlayer2 = nn.Conv2d(sizes.residual[1][0], width, 1)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, side, side) in [-1, 1] -> (B, styles, style_dim)."""
        _, fine, middle, coarse = self.maps(images)
        joined = _larger(coarse, self.latlayer1(middle))
        finest = _larger(joined, self.latlayer2(fine))
        levels = [coarse, joined, finest]
        vectors = [head(levels[(index >= COARSE) + (index >= MIDDLE)]) for index, head in enumerate(self.styles)]
        first, *offsets = vectors
        return torch.stack([first, *(first + offset for offset in offsets)], dim=1)


def _larger(coarse: Tensor, fine: Tensor) -> Tensor:
    """The coarse map brought to the size of the fine one, corner to corner, plus that."""
    size = list(fine.shape[2:])
    return functional.interpolate(coarse, size=size, mode="bilinear", align_corners=True) + fine
