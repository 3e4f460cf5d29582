"""Where things are in an image: mean positions under learned heat maps, as a part of the encoder's vector.

A vector that knows positions tells head and features apart from their background from the first step on, whatever
their colours; the rest of the encoder's vector has to learn that.
Source: spatial softmax, Levine et al., "End-to-End Training of Deep Visuomotor Policies" (2016).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from baselines._shared.stylegan.layers import EqualConv2d, EqualLinear
from baselines.sfd.standardise import Standardise

SHARPNESS = 4.0


class Positions(nn.Module):
    """Feature maps to a vector that depends on positions only.

    Args:
        channels: Channels of every feature map that is looked at.
        points: Heat maps per feature map.
        dim: Length of the vector.
    """

    def __init__(self, channels: Sequence[int], points: int, dim: int) -> None:
        super().__init__()
        self.heat = nn.ModuleList([EqualConv2d(count, points, 1) for count in channels])
        self.scale = Standardise(2 * points * len(channels))
        self.vector = EqualLinear(2 * points * len(channels), dim)

    def forward(self, maps: Sequence[Tensor], learn: bool = False) -> Tensor:
        """(B, C, n, n) each -> (B, dim); `learn` takes the positions into the statistics of their spread."""
        found = [
            centres(head(x).to(self.scale.mean.dtype) * SHARPNESS) for head, x in zip(self.heat, maps, strict=True)
        ]
        vector: Tensor = self.vector(self.scale(torch.cat(found, dim=1), learn))
        return vector


def centres(heat: Tensor) -> Tensor:
    """(B, K, n, n) -> (B, 2K): mean x of the softmax of every map, then mean y, in [-1, 1]."""
    side = heat.shape[-1]
    share = heat.flatten(2).softmax(dim=2).view(heat.shape)
    line = (torch.arange(side, dtype=heat.dtype, device=heat.device) * 2 + 1) / side - 1
    return torch.cat(((share.sum(dim=2) * line).sum(dim=2), (share.sum(dim=3) * line).sum(dim=2)), dim=1)
