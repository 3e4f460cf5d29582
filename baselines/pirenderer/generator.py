"""The PIRenderer generator: mapping, warping and editing networks in one (Ren et al., ICCV 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from baselines.pirenderer.editing import EditingNet
from baselines.pirenderer.mapping import MappingNet
from baselines.pirenderer.warping import WarpingNet


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes of the generator; the defaults are the released model's.

    Attributes:
        coeff_nc: motion coefficients per frame.
        mapping_layers: residual steps of the mapping network.
        descriptor_nc: channels of the motion descriptor.
        image_nc: channels of the image.
        max_nc: upper limit of the channels in the warping and editing networks.
        warping_base: channels of the warping network at full size.
        warping_encoder_layers: its halvings.
        warping_decoder_layers: its doublings.
        editing_base: channels of the editing network at full size.
        editing_layers: its halvings and doublings.
        editing_res_blocks: its residual blocks per size.
    """

    coeff_nc: int = 73
    mapping_layers: int = 3
    descriptor_nc: int = 256
    image_nc: int = 3
    max_nc: int = 256
    warping_base: int = 32
    warping_encoder_layers: int = 5
    warping_decoder_layers: int = 3
    editing_base: int = 64
    editing_layers: int = 3
    editing_res_blocks: int = 2


@dataclass(frozen=True)
class Rendering:
    """What one forward pass gives.

    Attributes:
        descriptor: (B, descriptor_nc, 1) motion descriptor.
        flow: (B, 2, h, w) in pixels of the flow map, x then y.
        warped: (B, 3, H, W) source moved by the flow.
        image: (B, 3, H, W) generated image in [-1, 1].
    """

    descriptor: Tensor
    flow: Tensor
    warped: Tensor
    image: Tensor


class Generator(nn.Module):
    """Source image + window of driving coefficients -> generated image. Module names follow the official checkpoint."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.mapping_net = MappingNet(config.coeff_nc, config.descriptor_nc, config.mapping_layers)
        self.warpping_net = WarpingNet(
            config.image_nc,
            config.descriptor_nc,
            config.warping_base,
            config.max_nc,
            config.warping_encoder_layers,
            config.warping_decoder_layers,
        )
        self.editing_net = EditingNet(
            config.image_nc,
            config.descriptor_nc,
            config.editing_layers,
            config.editing_base,
            config.max_nc,
            config.editing_res_blocks,
        )

    def forward(self, source: Tensor, window: Tensor) -> Rendering:
        """Animate a source.

        Args:
            source: (B, 3, H, W) RGB in [-1, 1]; H and W multiples of 2^warping_encoder_layers (256 as released).
            window: (B, coeff_nc, T) driving coefficients around each frame (`motion.windows`), T = 27 as released.

        Returns:
            All stages; `image` is the result.
        """
        descriptor = self.mapping_net(window)
        flow, warped = self.warpping_net(source, descriptor)
        image = self.editing_net(source, warped, descriptor)
        return Rendering(descriptor=descriptor, flow=flow, warped=warped, image=image)
