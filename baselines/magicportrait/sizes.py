"""Widths and depths of MagicPortrait's networks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UNetSizes:
    """The Stable Diffusion 1.5 UNet, and the motion modules in its denoising copy.

    Attributes:
        channels: width of each level, from the finest; 32 groups are normalised, so multiples of 32.
        layers: residual blocks of a level on the way down; one more on the way up.
        text_width: width of a text token.
        heads: attention heads; a head has `channels / heads` of them (the official config calls the count a width).
        groups: groups of the normalisations.
        motion_heads: heads of temporal attention.
        motion_blocks: temporal transformer blocks of a motion module.
        motion_attentions: temporal attentions of such a block.
        positions: most frames that temporal attention can tell apart.
    """

    channels: tuple[int, ...] = (320, 640, 1280, 1280)
    layers: int = 2
    text_width: int = 768
    heads: int = 8
    groups: int = 32
    motion_heads: int = 8
    motion_blocks: int = 1
    motion_attentions: int = 2
    positions: int = 32


@dataclass(frozen=True)
class GuidanceSizes:
    """A guidance encoder: picture -> `widths`, half the size at each step -> `out`, the width of the UNet's conv_in."""

    widths: tuple[int, ...] = (16, 32, 96, 256)
    out: int = 320
    image_channels: int = 3
    heads: int = 8


@dataclass(frozen=True)
class VaeSizes:
    """The autoencoder of Stable Diffusion: three halvings, four latent channels, tiles (if any) of `tile` pixels."""

    channels: tuple[int, ...] = (128, 256, 512, 512)
    layers: int = 2
    groups: int = 32
    tile: int = 256


@dataclass(frozen=True)
class Sizes:
    """All networks. `text_tokens` is the length of the prompt, padded."""

    unet: UNetSizes = UNetSizes()
    guidance: GuidanceSizes = GuidanceSizes()
    vae: VaeSizes = VaeSizes()
    text_tokens: int = 77


RELEASED = Sizes()
TINY = Sizes(
    UNetSizes(channels=(32, 32, 64, 64), layers=1, text_width=16, groups=4),
    GuidanceSizes(widths=(16, 16, 32, 32), out=32),
    VaeSizes(channels=(32, 32, 32, 32), layers=1, groups=4, tile=32),
    text_tokens=7,
)
"""Small enough for a CPU in seconds; with random weights only."""
