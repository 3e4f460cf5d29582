"""Change of resolution with a small FIR low-pass filter.

Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), appendix B; the filter is that of
Zhang, "Making Convolutional Networks Shift-Invariant Again" (2019).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


def fir_kernel(taps: Sequence[float], gain: float = 1.0) -> Tensor:
    """Two-dimensional separable filter, `(taps, taps)`, whose values add up to `gain`."""
    line = torch.tensor(taps, dtype=torch.float32)
    square = torch.outer(line, line)
    return square / square.sum() * gain


def resample(x: Tensor, kernel: Tensor, up: int = 1, down: int = 1, pad: tuple[int, int] = (0, 0)) -> Tensor:
    """Insert zeros, pad, filter, keep every `down`-th pixel.

    Args:
        x: (B, C, H, W) maps.
        kernel: (k, k) filter; its gain must be `up ** 2` to keep the brightness.
        up: Samples per input sample; the new ones are zero before filtering.
        down: Step of the output.
        pad: Zeros before and after, the same for both axes.

    Returns:
        (B, C, H', W') with H' = (H * up + sum(pad) - k) // down + 1.
    """
    batch, channels, height, width = x.shape
    if up > 1:
        spread = x.new_zeros(batch, channels, height * up, width * up)
        spread[:, :, ::up, ::up] = x
        x = spread
    weight = kernel.flip(0, 1).to(x.dtype).expand(channels, 1, -1, -1)
    return functional.conv2d(functional.pad(x, (*pad, *pad)), weight, stride=down, groups=channels)


class Blur(nn.Module):
    """FIR filter at unchanged rate.

    Args:
        taps: One line of the separable filter.
        pad: Zeros before and after.
        gain: Sum of the filter; 4 after a transposed convolution of stride 2.
    """

    kernel: Tensor

    def __init__(self, taps: Sequence[float], pad: tuple[int, int], gain: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("kernel", fir_kernel(taps, gain))
        self.pad = pad

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H + sum(pad) - taps + 1, ...)."""
        return resample(x, self.kernel, pad=self.pad)


class Upsample(nn.Module):
    """Twice the resolution by zero insertion and FIR filter.

    Args:
        taps: One line of the separable filter.
    """

    kernel: Tensor

    def __init__(self, taps: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("kernel", fir_kernel(taps, gain=4.0))
        extra = len(taps) - 2
        self.pad = ((extra + 1) // 2 + 1, extra // 2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, 2H, 2W)."""
        return resample(x, self.kernel, up=2, pad=self.pad)


def blur_before_stride(taps: Sequence[float], kernel_size: int) -> Blur:
    """Blur placed in front of an unpadded convolution of stride 2, so that the resolution halves."""
    extra = len(taps) - 2 + kernel_size - 1
    return Blur(taps, ((extra + 1) // 2, extra // 2))


def blur_after_transposed(taps: Sequence[float], kernel_size: int) -> Blur:
    """Blur placed behind an unpadded transposed convolution of stride 2, so that the resolution doubles."""
    extra = len(taps) - 2 - (kernel_size - 1)
    return Blur(taps, ((extra + 1) // 2 + 1, extra // 2 + 1), gain=4.0)
