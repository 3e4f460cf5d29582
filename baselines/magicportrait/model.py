"""MagicPortrait put together: encode a source once, denoise all frames, decode them one by one.

Source: Wei et al., "MagicPortrait: Temporally Consistent Face Reenactment with 3D Geometric Guidance", 2025
(arXiv 2504.21497), and the behaviour of its release. The networks stand under the names of the official files.
"""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn

from baselines.magicportrait.guidance_encoder import GuidanceEncoder
from baselines.magicportrait.maps import KINDS
from baselines.magicportrait.reference_attention import Bank
from baselines.magicportrait.sampling import Predict
from baselines.magicportrait.sizes import Sizes
from baselines.magicportrait.unets import LATENT_CHANNELS, DenoisingUNet, ReferenceUNet

LATENT_SCALE = 0.18215
"""Of Stable Diffusion's latents."""


class Text(nn.Module):
    """What the text encoder of Stable Diffusion says of the one prompt that the method knows."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.tokens = nn.Parameter(torch.randn(1, tokens, width))


class MagicPortrait(nn.Module):
    """All networks of the method."""

    vae: Any

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.reference_unet = ReferenceUNet(sizes.unet)
        self.denoising_unet = DenoisingUNet(sizes.unet)
        self.guidance_encoder_depth = GuidanceEncoder(sizes.guidance)
        self.guidance_encoder_normal = GuidanceEncoder(sizes.guidance)
        self.guidance_encoder_render = GuidanceEncoder(sizes.guidance)
        self.vae = _vae(sizes)
        self.text = Text(sizes.text_tokens, sizes.unet.text_width)
        self.reduction = 2 ** (len(sizes.vae.channels) - 1)

    def look(self, source: Tensor) -> Bank:
        """The reference bank of a (1, 3, H, W) picture in [0, 1]."""
        latents = self.vae.encode(2 * source - 1).latent_dist.mean * LATENT_SCALE
        bank: Bank = self.reference_unet(latents, self.text.tokens)
        return bank

    def guide(self, maps: Tensor) -> Tensor:
        """(N, K, 3, H, W) maps in [0, 1], K in the order of `maps.KINDS` -> (N, C, H / 8, W / 8), the sum."""
        encoders = [self.get_submodule(f"guidance_encoder_{kind}") for kind in KINDS]
        return torch.stack([encode(maps[:, index]) for index, encode in enumerate(encoders)]).sum(0)

    def predictor(self, bank: Bank, guidance: Tensor) -> Predict:
        """What `sampling.sample` asks, for the guidance (F, C, h, w) of a whole clip, on any device."""

        def predict(latents: Tensor, step: Tensor, frames: Sequence[int]) -> Tensor:
            text = self.text.tokens
            both = latents.to(text).repeat(2, 1, 1, 1, 1)
            velocities: Tensor = self.denoising_unet(both, step.to(text.device), text, guidance[frames].to(text), bank)
            return velocities

        return predict

    def predictor_apart(self, bank: Bank, guidance: Tensor) -> Predict:
        """As `predictor`, with half the memory: the two predictions one after the other."""

        def predict(latents: Tensor, step: Tensor, frames: Sequence[int]) -> Tensor:
            text = self.text.tokens
            window, when, maps = latents.to(text), step.to(text.device), guidance[frames].to(text)
            return torch.cat([self.denoising_unet(window, when, text, maps, known) for known in (None, bank)])

        return predict

    def decode(self, latents: Tensor) -> Tensor:
        """(N, 4, h, w) clean latents -> (N, 3, H, W) in [0, 1]."""
        images: Tensor = self.vae.decode(latents.to(self.text.tokens) / LATENT_SCALE).sample
        return (images / 2 + 0.5).clamp(0, 1)

    def latent_shape(self, side: int) -> tuple[int, int, int]:
        """Of a square picture of `side` pixels."""
        return LATENT_CHANNELS, side // self.reduction, side // self.reduction


def _vae(sizes: Sizes) -> nn.Module:
    levels = len(sizes.vae.channels)
    network: nn.Module = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=sizes.vae.channels,
        layers_per_block=sizes.vae.layers,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=sizes.vae.groups,
        sample_size=sizes.vae.tile,  # nothing but the side of tiles
    )
    return network
