"""Appearance encoder: image to a vector and a pyramid of feature maps.

Source: Wang et al., "Latent Image Animator" (ICLR 2022), appendix A; the residual blocks are those of the StyleGAN2
discriminator (Karras et al., 2020).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from baselines._shared.stylegan.layers import BiasedLeakyReLU, EqualConv2d
from baselines._shared.stylegan.resample import blur_before_stride


@dataclass(frozen=True)
class Widths:
    """Channels of the maps: `budget` over the resolution, but never more than `widest`.

    The default is that of the released networks: 512 up to 32 pixels, 256 at 64, 128 at 128, 64 at 256, and so on.
    """

    widest: int = 512
    budget: int = 16384

    def at(self, resolution: int) -> int:
        """Channels of maps of `resolution` pixels."""
        return min(self.widest, self.budget // resolution)


FULL = Widths()


def check_size(size: int) -> None:
    """Raise ValueError unless `size` is a power of two of at least 8."""
    if size < 8 or size & (size - 1):
        raise ValueError(f"image size must be a power of two of at least 8, got {size}")


def conv_block(in_channels: int, out_channels: int, kernel_size: int) -> nn.Sequential:
    """Convolution at unchanged resolution, bias and activation."""
    return nn.Sequential(
        EqualConv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2), BiasedLeakyReLU(out_channels)
    )


class ResBlock(nn.Module):
    """Residual block that halves the resolution.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        taps: Blur in front of the strided convolutions.
    """

    def __init__(self, in_channels: int, out_channels: int, taps: Sequence[float]) -> None:
        super().__init__()
        self.conv1 = conv_block(in_channels, in_channels, 3)
        self.conv2 = nn.Sequential(
            blur_before_stride(taps, 3),
            EqualConv2d(in_channels, out_channels, 3, stride=2),
            BiasedLeakyReLU(out_channels),
        )
        self.skip = nn.Sequential(blur_before_stride(taps, 1), EqualConv2d(in_channels, out_channels, 1, stride=2))

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H/2, W/2)."""
        out: Tensor = (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)
        return out


class AppearanceEncoder(nn.Module):
    """Image to an appearance vector and feature maps.

    Args:
        size: Side of the square image, a power of two.
        style_dim: Length of the vector.
        taps: Blur of the residual blocks.
        widths: Channels per resolution.

    Raises:
        ValueError: `size` is not a power of two of at least 8.
    """

    def __init__(self, size: int, style_dim: int, taps: Sequence[float], widths: Widths = FULL) -> None:
        super().__init__()
        check_size(size)
        width = widths.at
        resolutions = [size >> level for level in range(int(math.log2(size)) - 1)]  # size, size / 2, ..., 4
        self.convs = nn.ModuleList([conv_block(3, width(size), 1)])
        for before, after in itertools.pairwise(resolutions):
            self.convs.append(ResBlock(width(before), width(after), taps))
        self.convs.append(EqualConv2d(width(4), style_dim, 4))

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Encode images.

        Args:
            image: (B, 3, size, size) in [-1, 1], RGB.

        Returns:
            Vector (B, style_dim) and the maps of 8, 16, ..., size pixels, smallest first.
        """
        *stages, last = self.convs
        maps = []
        x = image
        for stage in stages:
            x = stage(x)
            maps.append(x)
        return last(x).flatten(1), maps[-2::-1]
