"""Synthesis from a latent vector by warping the source's feature maps, scale by scale.

Source: Wang et al., "Latent Image Animator" (ICLR 2022), section 3.3 and appendix A; DPE (Pang et al., CVPR 2023) uses
the same network twice.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines._shared.stylegan.encoder import FULL, Widths, check_size, conv_block
from baselines._shared.stylegan.modulated import ConstantInput, ModulatedConv2d, StyledConv
from baselines._shared.stylegan.resample import Upsample


def identity_grid(size: int, like: Tensor) -> Tensor:
    """(1, size, size, 2) sampling positions, x first, with -1 and 1 at the centres of the outermost pixels."""
    line = torch.linspace(-1, 1, size, dtype=like.dtype, device=like.device)
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack((x, y), dim=-1)[None]


@dataclass(frozen=True)
class Scale:
    """State of the synthesis after one scale of n x n pixels.

    Attributes:
        x: (B, C, n, n) blended map.
        flow: (B, 3, n, n) raw flow and mask, before tanh and sigmoid.
        image: (B, 3, n, n) image so far.
    """

    x: Tensor
    flow: Tensor
    image: Tensor


class ToFlow(nn.Module):
    """Flow and mask of one scale; warps the source's map and blends it with the decoder's.

    The grid has its corners at pixel centres while the sampling counts from pixel edges (`align_corners=False`). The
    released networks were trained with this mismatch, so it is part of the model.

    Args:
        channels: Channels of both maps.
        style_dim: Length of the latent vector.
        taps: Filter of the upsampling.
    """

    def __init__(self, channels: int, style_dim: int, taps: Sequence[float]) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(channels, 3, 1, style_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        self.upsample = Upsample(taps)

    def forward(
        self, x: Tensor, latent: Tensor, feature: Tensor, coarser: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Warp and blend.

        Args:
            x: (B, C, n, n) decoder map.
            latent: (B, style_dim).
            feature: (B, C, n, n) source map.
            coarser: (B, 3, n/2, n/2) raw flow and mask of the scale below, None at the first.

        Returns:
            Blended map and masked warped source map, both (B, C, n, n), and raw flow and mask (B, 3, n, n).
        """
        raw: Tensor = self.conv(x, latent) + self.bias
        if coarser is not None:
            raw = raw + self.upsample(coarser)
        offset = torch.tanh(raw[:, :2]).permute(0, 2, 3, 1)
        mask = torch.sigmoid(raw[:, 2:])
        grid = identity_grid(x.shape[-1], x) + offset
        warped = mask * functional.grid_sample(feature, grid, mode="bilinear", align_corners=False)
        return warped + (1 - mask) * x, warped, raw


class ToRGB(nn.Module):
    """Contribution of one scale to the image.

    Args:
        channels: Channels of the map.
        taps: Filter of the upsampling; None at 4x4, where nothing lies below.
    """

    def __init__(self, channels: int, taps: Sequence[float] | None) -> None:
        super().__init__()
        self.conv = conv_block(channels, 3, 1)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        self.upsample = Upsample(taps) if taps is not None else None

    def forward(self, x: Tensor, coarser: Tensor | None) -> Tensor:
        """(B, C, n, n) map and (B, 3, n/2, n/2) image of the scale below, or None -> (B, 3, n, n)."""
        image: Tensor = self.conv(x) + self.bias
        if coarser is not None and self.upsample is not None:
            image = image + self.upsample(coarser)
        return image


class FlowSynthesis(nn.Module):
    """Decoder: constant 4x4 map to an image of `size` pixels, with a flow field per scale.

    Args:
        size: Side of the square image, a power of two.
        style_dim: Length of the latent vector.
        taps: Filter of the upsampling.
        widths: Channels per resolution.
        paint: The image is read off the blended maps. In the released networks it is read off the warped source maps
            alone, and cannot show what the source does not.

    Raises:
        ValueError: `size` is not a power of two of at least 8.
    """

    def __init__(
        self, size: int, style_dim: int, taps: Sequence[float], widths: Widths = FULL, paint: bool = False
    ) -> None:
        super().__init__()
        check_size(size)
        self.paint = paint
        width = widths.at
        scales = [2**level for level in range(2, int(math.log2(size)) + 1)]  # 4, 8, ..., size
        self.input = ConstantInput(width(4))
        self.conv1 = StyledConv(width(4), width(4), style_dim)
        self.to_rgb1 = ToRGB(width(4), None)  # in the checkpoints, never used
        self.convs, self.to_rgbs, self.to_flows = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for below, scale in pairwise(scales):
            self.convs.append(StyledConv(width(below), width(scale), style_dim, upsample_taps=taps))
            self.convs.append(StyledConv(width(scale), width(scale), style_dim))
            self.to_flows.append(ToFlow(width(scale), style_dim, taps))
            self.to_rgbs.append(ToRGB(width(scale), taps))

    def start(self, latent: Tensor) -> Tensor:
        """(B, style_dim) -> (B, C, 4, 4) map below the first scale."""
        x: Tensor = self.conv1(self.input(latent.shape[0]), latent)
        return x

    def scales(self, latent: Tensor, features: Sequence[Tensor]) -> Iterator[Scale]:
        """The steps of `forward`, from 8x8 to full size; same arguments."""
        x = self.start(latent)
        image: Tensor | None = None
        flow: Tensor | None = None
        layers = zip(self.convs[::2], self.convs[1::2], self.to_flows, self.to_rgbs, features, strict=True)
        for upsample, conv, to_flow, to_rgb, feature in layers:
            x = conv(upsample(x, latent), latent)  # (B, C, n, n)
            x, warped, flow = to_flow(x, latent, feature.expand(x.shape[0], -1, -1, -1), flow)
            image = to_rgb(x if self.paint else warped, image)
            yield Scale(x, flow, image)

    def forward(self, latent: Tensor, features: Sequence[Tensor]) -> Tensor:
        """Decode latent vectors.

        Args:
            latent: (B, style_dim).
            features: Source maps of 8, 16, ..., size pixels, each (B, C, n, n) or (1, C, n, n) for one shared source.

        Returns:
            (B, 3, size, size) images, about [-1, 1] but not clamped.
        """
        for scale in self.scales(latent, features):
            image = scale.image
        return image
