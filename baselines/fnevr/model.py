"""FNeVR: FOMM's motion, volume rendering of the warped features, and a SPADE decoder.

Source: Zeng et al., FNeVR: Neural Volume Rendering for Face Animation, NeurIPS 2022. G3FA uses the same networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.detector import DetectorConfig, KeypointDetector
from baselines._shared.motion.generator import Generated, GeneratorConfig, SourceEncoding, WarpingGenerator
from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.spade import Spade
from baselines._shared.motion.two_networks import DetectorAndGenerator
from baselines.fnevr.render import COLOUR_CHANNELS, RenderConfig, Rendered, VolumeRenderer
from baselines.fomm.model import VOX_256 as FOMM_VOX_256


@dataclass(frozen=True, kw_only=True)
class RenderingGeneratorConfig(GeneratorConfig):
    """FOMM's parameters, of which `num_bottleneck_blocks` is unused, and those of the renderer."""

    render_params: RenderConfig


@dataclass(frozen=True)
class FnevrConfig:
    """Both networks, and whether the checkpoint holds the auxiliary decoder (FNeVR's does, G3FA's does not)."""

    generator: RenderingGeneratorConfig
    kp_detector: DetectorConfig
    mini_decoder: bool = True


VOX_256 = FnevrConfig(
    generator=RenderingGeneratorConfig(
        num_kp=10,
        num_channels=3,
        block_expansion=64,
        max_features=512,
        num_down_blocks=2,
        estimate_occlusion_map=True,
        dense_motion_params=FOMM_VOX_256.generator.dense_motion_params,
        render_params=RenderConfig(simpled_channel_rgb=128, simpled_channel_sigma=128, floor_num=8, hidden_size=128),
    ),
    kp_detector=FOMM_VOX_256.kp_detector,
)
"""Official vox-256.yaml."""


class ModulatedBlock(nn.Module):
    """SPADE, ReLU, conv, SPADE, ReLU, conv: no shortcut, no spectral norm."""

    def __init__(self, in_features: int, out_features: int, map_channels: int) -> None:
        super().__init__()
        self.SPADE_0 = Spade(in_features, map_channels)
        self.conv_0 = nn.Conv2d(in_features, in_features, 3, padding=1)
        self.SPADE_1 = Spade(in_features, map_channels)
        self.conv_1 = nn.Conv2d(in_features, out_features, 3, padding=1)

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        """(N, Cin, h, w), (N, M, H, W) -> (N, Cout, h, w)."""
        x = self.conv_0(F.relu(self.SPADE_0(x, modulation)))
        out: Tensor = self.conv_1(F.relu(self.SPADE_1(x, modulation)))
        return out


class Decoder(nn.Module):
    """Warped and rendered features, modulated by themselves -> image; the widths are fixed in the official code."""

    def __init__(self, in_features: int) -> None:
        super().__init__()
        self.seg_conv = nn.Sequential(nn.Conv2d(in_features, 128, 3, padding=1), nn.ReLU())
        self.SPADE_0 = ModulatedBlock(in_features, 128, 128)
        self.SPADE_1 = ModulatedBlock(128, 32, 128)
        self.SPADE_2 = ModulatedBlock(32, 32, 128)
        self.SPADE_3 = ModulatedBlock(32, 32, 128)
        self.final = nn.Sequential(nn.Conv2d(32, 3, 7, padding=3), nn.Sigmoid())

    def forward(self, features: Tensor) -> Tensor:
        """(N, 512, h, w) -> (N, 3, 4h, 4w) in [0, 1]."""
        modulation = self.seg_conv(features)  # (N, 128, h, w)
        x = features
        for block in (self.SPADE_0, self.SPADE_1):
            x = F.interpolate(block(x, modulation), scale_factor=2, mode="bilinear", align_corners=True)
        for block in (self.SPADE_2, self.SPADE_3):
            x = block(x, modulation)
        image: Tensor = self.final(x)
        return image


@dataclass(frozen=True)
class RenderedFrames(Generated):
    """`Generated`, with the renderer's output."""

    rendered: Rendered


class RenderingGenerator(WarpingGenerator):
    """Encode, warp, mask, render, decode. Needs two down blocks."""

    def __init__(
        self, config: RenderingGeneratorConfig, *, mini_decoder: bool = True, align_corners: bool = False
    ) -> None:
        super().__init__(config, align_corners=align_corners)
        width = config.width(config.num_down_blocks)
        self.Render_model = VolumeRenderer(width, config.render_params, mini_decoder=mini_decoder)
        self.decoder = Decoder(width + COLOUR_CHANNELS)

    def forward(self, encoding: SourceEncoding, source: Keypoints, driving: Keypoints) -> RenderedFrames:
        """Generate N frames from one encoded source, its keypoints and N sets of driving keypoints."""
        motion, features = self.warp_features(encoding, source, driving)
        rendered = self.Render_model(features)
        prediction = self.decoder(torch.cat([features, rendered.feature], dim=1))
        return RenderedFrames(prediction, motion, rendered)


class Fnevr(DetectorAndGenerator):
    """The two networks under the names of the official checkpoint.

    Args:
        config: sizes.
        align_corners: for every grid sampling; False is what the official code computes on torch >= 1.3.
    """

    generator: RenderingGenerator

    def __init__(self, config: FnevrConfig, *, align_corners: bool = False) -> None:
        generator = RenderingGenerator(config.generator, mini_decoder=config.mini_decoder, align_corners=align_corners)
        super().__init__(generator, KeypointDetector(config.kp_detector))
