"""Convolutions modulated by a latent vector.

Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), section 2.2 (eq. 1-3).
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines._shared.stylegan.layers import BiasedLeakyReLU, EqualLinear, scaled
from baselines._shared.stylegan.resample import blur_after_transposed

EPSILON = 1e-8


class ModulatedConv2d(nn.Module):
    """Convolution whose input channels are scaled by an affine map of the latent vector.

    The scale is applied to the input and the demodulation to the output, which equals a weight per sample and lets
    all samples of a batch share one convolution.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Side of the square kernel.
        style_dim: Length of the latent vector.
        demodulate: Divide each output channel by the norm of its modulated weight.
        upsample_taps: Filter of an upsampling convolution; None keeps the resolution.
    """

    fixed_energy: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        style_dim: int,
        demodulate: bool = True,
        upsample_taps: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, out_channels, in_channels, kernel_size, kernel_size))
        self.modulation = EqualLinear(style_dim, in_channels, bias_start=1.0)
        self.blur = blur_after_transposed(upsample_taps, kernel_size) if upsample_taps is not None else None
        self.scale = 1 / math.sqrt(in_channels * kernel_size**2)
        self.demodulate = demodulate
        self.register_buffer("fixed_energy", None, persistent=False)

    def forward(self, x: Tensor, latent: Tensor, change: Tensor | None = None) -> Tensor:
        """Modulate and convolve.

        Args:
            x: (B, in, H, W).
            latent: (B, style_dim).
            change: (B, out, in), by how much each sample's kernels differ from the layer's, as a share of them: all
                taps of a kernel are multiplied by 1 + change, before modulation and demodulation. None: not at all.

        Returns:
            (B, out, H, W), or (B, out, 2H, 2W) when upsampling.
        """
        style = self.modulation(latent)  # (B, in)
        weight = scaled(self.weight[0], self.scale)  # (out, in, k, k)
        x = x * style[:, :, None, None]
        if change is None:
            x = self._convolve(x, weight)
        else:
            x = self._convolve_each(x, weight * (1 + change[..., None, None]))
        if self.demodulate:
            kernels = weight.square().sum(dim=(2, 3)) if self.fixed_energy is None else self.fixed_energy  # (out, in)
            if change is None:
                norms = style.square() @ kernels.T
            else:
                norms = (kernels * (1 + change).square() @ style.square()[:, :, None])[:, :, 0]
            x = x * torch.rsqrt(norms + EPSILON)[:, :, None, None]
        return x

    def _convolve(self, x: Tensor, weight: Tensor, groups: int = 1) -> Tensor:
        """(B, groups * in, H, W) by kernels (groups * out, in, k, k), at twice the resolution when upsampling."""
        if self.blur is None:
            return functional.conv2d(x, weight, padding=weight.shape[-1] // 2, groups=groups)
        grouped = weight.reshape(groups, -1, *weight.shape[1:])  # (groups, out, in, k, k)
        turned = grouped.transpose(1, 2).flatten(0, 1)  # (groups * in, out, k, k)
        larger: Tensor = self.blur(functional.conv_transpose2d(x, turned, stride=2, groups=groups))
        return larger

    def _convolve_each(self, x: Tensor, weights: Tensor) -> Tensor:
        """(B, in, H, W) by kernels of every sample (B, out, in, k, k)."""
        samples = len(x)
        mixed = self._convolve(x.flatten(0, 1)[None], weights.flatten(0, 1), samples)
        return mixed.reshape(samples, -1, *mixed.shape[2:])

    def fix_weights(self) -> None:
        """See `Fixable`. Kernels of transposed convolutions are stored as those want them, input channels first."""
        weight = self.weight.data * self.scale
        self.weight.data, self.scale = weight, 1.0
        if self.blur is not None:
            self.weight.data = weight.transpose(1, 2).contiguous().transpose(1, 2)
        if self.demodulate:
            self.fixed_energy = weight[0].square().sum(dim=(2, 3))


class NoiseStrength(nn.Module):
    """Holds the noise strength of official checkpoints; methods that warp feature maps never add noise."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, bias and activation.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        style_dim: Length of the latent vector.
        upsample_taps: Filter of an upsampling convolution; None keeps the resolution.
    """

    def __init__(
        self, in_channels: int, out_channels: int, style_dim: int, upsample_taps: Sequence[float] | None = None
    ) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(in_channels, out_channels, 3, style_dim, upsample_taps=upsample_taps)
        self.noise = NoiseStrength()
        self.activate = BiasedLeakyReLU(out_channels)

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """(B, in, H, W) and (B, style_dim) -> (B, out, H, W) or (B, out, 2H, 2W)."""
        out: Tensor = self.activate(self.conv(x, latent))
        return out


class ConstantInput(nn.Module):
    """Learned 4x4 map from which the synthesis starts."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.input = nn.Parameter(torch.randn(1, channels, 4, 4))

    def forward(self, batch: int) -> Tensor:
        """Batch size -> (B, C, 4, 4)."""
        return self.input.expand(batch, -1, -1, -1)
