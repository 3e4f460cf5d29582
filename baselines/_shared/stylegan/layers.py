"""Layers with equalised learning rate and the scaled activation.

Source: Karras et al., "Progressive Growing of GANs" (2018), section 4.1, and "Analyzing and Improving the Image
Quality of StyleGAN" (2020). Parameter names and shapes are those of the LIA and DPE checkpoints.
"""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2


def scaled(weight: Tensor, scale: float) -> Tensor:
    """`weight` times `scale`; itself when nothing is to be done."""
    return weight if scale == 1 else weight * scale


class EqualConv2d(nn.Conv2d):
    """Convolution whose weight is multiplied by 1 / sqrt(fan in) at run time.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Side of the square kernel.
        stride: Step in pixels.
        padding: Zeros on each side.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=False)
        nn.init.normal_(self.weight)
        self.scale = 1 / math.sqrt(in_channels * kernel_size**2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H', W')."""
        return functional.conv2d(x, scaled(self.weight, self.scale), stride=self.stride, padding=self.padding)

    def fix_weights(self) -> None:
        """See `Fixable`."""
        self.weight.data, self.scale = self.weight.data * self.scale, 1.0


class EqualLinear(nn.Linear):
    """Linear layer whose weight is multiplied by 1 / sqrt(fan in) at run time.

    Args:
        in_features: Length of the input vectors.
        out_features: Length of the output vectors.
        bias_start: Value of the bias before training.
    """

    def __init__(self, in_features: int, out_features: int, bias_start: float = 0.0) -> None:
        super().__init__(in_features, out_features)
        nn.init.normal_(self.weight)
        nn.init.constant_(self.bias, bias_start)
        self.scale = 1 / math.sqrt(in_features)

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return functional.linear(x, scaled(self.weight, self.scale), self.bias)

    def fix_weights(self) -> None:
        """See `Fixable`."""
        self.weight.data, self.scale = self.weight.data * self.scale, 1.0


class BiasedLeakyReLU(nn.Module):
    """Leaky ReLU (slope 0.2) of input plus a bias per channel, times sqrt 2 to keep the variance."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return functional.leaky_relu(x + self.bias, SLOPE) * math.sqrt(2)


def linear_stack(widths: list[int]) -> nn.Sequential:
    """Equalised linear layers with no activation in between, `widths[0] -> widths[1] -> ...`."""
    return nn.Sequential(*(EqualLinear(a, b) for a, b in itertools.pairwise(widths)))
