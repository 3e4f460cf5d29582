"""StyleGAN2: pictures from a latent vector for every layer, with stored noise and kernels that may be changed.

Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), figure 2c and appendix B. State-
dict keys are those of the common PyTorch checkpoints (entry `g_ema`).

Layers are counted as HyperReenact counts them: 0 is the first convolution, 1 the image head behind it, then every
resolution has two convolutions and a head.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines._shared.stylegan.encoder import FULL, Widths, check_size
from baselines._shared.stylegan.layers import SLOPE, BiasedLeakyReLU, EqualLinear
from baselines._shared.stylegan.modulated import ConstantInput, ModulatedConv2d, StyledConv
from baselines._shared.stylegan.resample import Upsample

TAPS = (1.0, 3.0, 3.0, 1.0)
MAPPING_RATE = 0.01
"""Learning rate of the mapping network over that of the rest; it scales weights and biases at run time."""

Changes = Mapping[int, Tensor]
"""Layer -> (B, out, in) change of its kernels, see `ModulatedConv2d.forward`."""


def fused(x: Tensor, bias: Tensor) -> Tensor:
    """Leaky ReLU (slope 0.2) of `x` plus a bias that fits it, times sqrt 2."""
    return functional.leaky_relu(x + bias, SLOPE) * math.sqrt(2)


class PixelNorm(nn.Module):
    """Vectors of unit root mean square."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C) -> (B, C)."""
        return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class MappingLayer(EqualLinear):
    """Linear layer of the mapping network, with its activation."""

    def __init__(self, width: int) -> None:
        super().__init__(width, width)
        nn.init.normal_(self.weight, std=1 / MAPPING_RATE)
        self.scale *= MAPPING_RATE
        self.rate = MAPPING_RATE

    def forward(self, x: Tensor) -> Tensor:
        """(B, C) -> (B, C)."""
        return fused(functional.linear(x, self.weight * self.scale), self.bias * self.rate)

    def fix_weights(self) -> None:
        """See `Fixable`."""
        super().fix_weights()
        self.bias.data, self.rate = self.bias.data * self.rate, 1.0


class Activation(BiasedLeakyReLU):
    """The same with a bias of shape (C)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return fused(x, self.bias[:, None, None])


class NoisyConv(StyledConv):
    """Modulated 3x3 convolution, noise, bias and activation. Arguments as of `StyledConv`."""

    def __init__(
        self, in_channels: int, out_channels: int, style_dim: int, upsample_taps: Sequence[float] | None = None
    ) -> None:
        super().__init__(in_channels, out_channels, style_dim, upsample_taps)
        self.activate = Activation(out_channels)

    def paint(self, x: Tensor, latent: Tensor, noise: Tensor, change: Tensor | None) -> Tensor:
        """(B, in, H, W), (B, style_dim), (1, 1, n, n) noise of the output's size, (B, out, in) -> (B, out, n, n)."""
        out: Tensor = self.activate(self.conv(x, latent, change) + self.noise.weight * noise)
        return out


class ImageHead(nn.Module):
    """Contribution of one resolution to the image.

    Args:
        channels: Channels of the map.
        style_dim: Length of the latent vector.
        taps: Filter of the upsampling; None at 4x4, where nothing lies below.
    """

    def __init__(self, channels: int, style_dim: int, taps: Sequence[float] | None) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(channels, 3, 1, style_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        self.upsample = Upsample(taps) if taps is not None else None

    def forward(self, x: Tensor, latent: Tensor, coarser: Tensor | None, change: Tensor | None) -> Tensor:
        """(B, C, n, n) map, (B, style_dim), (B, 3, n/2, n/2) image of the resolution below -> (B, 3, n, n)."""
        image: Tensor = self.conv(x, latent, change) + self.bias
        if coarser is not None and self.upsample is not None:
            image = image + self.upsample(coarser)
        return image


class Generator(nn.Module):
    """Mapping and synthesis.

    Args:
        size: Side of the square image, a power of two.
        style_dim: Length of the latent vectors.
        mapping: Layers of the mapping network.
        widths: Channels per resolution.

    Raises:
        ValueError: `size` is not a power of two of at least 8.
    """

    def __init__(self, size: int, style_dim: int = 512, mapping: int = 8, widths: Widths = FULL) -> None:
        super().__init__()
        check_size(size)
        self.style_dim = style_dim
        self.style = nn.Sequential(PixelNorm(), *(MappingLayer(style_dim) for _ in range(mapping)))
        self.input = ConstantInput(widths.at(4))
        self.conv1 = NoisyConv(widths.at(4), widths.at(4), style_dim)
        self.to_rgb1 = ImageHead(widths.at(4), style_dim, None)
        self.convs, self.to_rgbs, self.noises = nn.ModuleList(), nn.ModuleList(), nn.Module()
        self.noises.register_buffer("noise_0", torch.randn(1, 1, 4, 4))
        for level in range(3, int(math.log2(size)) + 1):
            below, here = widths.at(2 ** (level - 1)), widths.at(2**level)
            self.convs.append(NoisyConv(below, here, style_dim, upsample_taps=TAPS))
            self.convs.append(NoisyConv(here, here, style_dim))
            self.to_rgbs.append(ImageHead(here, style_dim, TAPS))
            for index in (2 * level - 5, 2 * level - 4):
                self.noises.register_buffer(f"noise_{index}", torch.randn(1, 1, 2**level, 2**level))

    @property
    def styles(self) -> int:
        """How many latent vectors a picture has."""
        return 2 * len(self.to_rgbs) + 2

    def mean(self, z: Tensor) -> Tensor:
        """(1, style_dim): the mean latent vector of (N, style_dim) standard normal ones before mapping."""
        latents: Tensor = self.style(z)
        return latents.mean(dim=0, keepdim=True)

    def forward(self, latents: Tensor, changes: Changes) -> Tensor:
        """Paint.

        Args:
            latents: (B, styles, style_dim), already truncated.
            changes: of the kernels; layers that it does not name stay as they are.

        Returns:
            (B, 3, size, size) images, about [-1, 1] but not clamped.
        """
        noises = [getattr(self.noises, f"noise_{index}") for index in range(len(self.convs) + 1)]
        x = self.conv1.paint(self.input(len(latents)), latents[:, 0], noises[0], changes.get(0))
        image: Tensor = self.to_rgb1(x, latents[:, 1], None, changes.get(1))
        layers = zip(self.convs[::2], self.convs[1::2], self.to_rgbs, strict=True)
        for index, (larger, conv, head) in enumerate(layers):
            style, layer = 2 * index + 1, 3 * index + 2
            assert isinstance(larger, NoisyConv) and isinstance(conv, NoisyConv)
            x = larger.paint(x, latents[:, style], noises[style], changes.get(layer))
            x = conv.paint(x, latents[:, style + 1], noises[style + 1], changes.get(layer + 1))
            image = head(x, latents[:, style + 2], image, changes.get(layer + 2))
        return image
