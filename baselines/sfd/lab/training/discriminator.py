"""The discriminator of the adversarial loss: a residual network of StyleGAN2, with LIA's head or a simpler one.

Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020); head and use as in LIA's trainer.
"""

import torch
from torch import Tensor, nn

from baselines._shared.stylegan.encoder import AppearanceEncoder, conv_block
from baselines._shared.stylegan.layers import BiasedLeakyReLU, EqualConv2d, EqualLinear
from baselines.sfd.lab.training.config import Config

_EPSILON = 1e-8


class Discriminator(nn.Module):
    """Images to logits.

    Args:
        config: of the training; see `Adversary`.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        widths, self.deviation = config.adversary.widths, config.adversary.deviation
        encoder = AppearanceEncoder(config.shape.size, 1, config.shape.taps, widths)
        *trunk, read_off = encoder.convs
        self.trunk = nn.Sequential(*trunk)
        last = widths.at(4)
        self.head: nn.Module = read_off
        if self.deviation:
            layers = [conv_block(last + 1, last, 3), EqualConv2d(last, last, 4), BiasedLeakyReLU(last)]
            self.head = nn.Sequential(*layers, nn.Flatten(), EqualLinear(last, 1))

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, size, size) in [-1, 1] -> (B, 1)."""
        maps = self.trunk(images)  # (B, C, 4, 4)
        if self.deviation:
            maps = torch.cat((maps, minibatch_deviation(maps, self.deviation)), dim=1)
        logits: Tensor = self.head(maps)
        return logits.flatten(1)


def minibatch_deviation(maps: Tensor, group: int) -> Tensor:
    """(B, C, H, W) -> (B, 1, H, W): how much each group of images in a row differs, as one number.

    That is the mean over channels and places of the deviation within the group, which has `group` images, or the next
    smaller number of which B is a multiple.
    """
    count, _, height, width = maps.shape
    size = next(size for size in range(min(group, count), 0, -1) if count % size == 0)
    grouped = maps.reshape(-1, size, *maps.shape[1:])
    deviation = (grouped.var(dim=1, correction=0) + _EPSILON).sqrt().mean(dim=(1, 2, 3))  # (groups,)
    return deviation.repeat_interleave(size)[:, None, None, None].expand(-1, 1, height, width)
