"""DaGAN's two generators: FOMM's front, attention guided by the source's depth, then one of two decoders.

Source: Hong et al., Depth-Aware Generative Adversarial Network for Talking Head Video Generation, CVPR 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.field import resize
from baselines._shared.motion.generator import (
    Generated,
    GeneratorConfig,
    ResidualGenerator,
    SourceEncoding,
    WarpingGenerator,
    deformed_image,
    encode_features,
    feature_encoder,
)
from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.spade import SpadeDecoder


@dataclass(frozen=True)
class DepthEncoding:
    """What the generator needs of a source.

    Attributes:
        rgb: as in FOMM.
        depth: (1, C, h, w) features of the depth map, same shape as `rgb.features`; not warped.
    """

    rgb: SourceEncoding
    depth: Tensor


class DepthAttention(nn.Module):
    """Cross-modal attention: queries from the source's depth, keys and values from the warped features."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.query_conv = nn.Conv2d(features, features // 8, 1)
        self.key_conv = nn.Conv2d(features, features // 8, 1)
        self.value_conv = nn.Conv2d(features, features, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def weights(self, depth: Tensor, warped: Tensor) -> Tensor:
        """(1, C, h, w), (N, C, h, w) -> (N, hw, hw), rows (queries) sum to 1; no scaling of the products."""
        query = F.relu(self.query_conv(depth)).flatten(2).transpose(1, 2)  # (1, hw, C/8)
        key = F.relu(self.key_conv(warped)).flatten(2)  # (N, C/8, hw)
        return F.softmax(query @ key, dim=2)

    def forward(self, depth: Tensor, warped: Tensor) -> Tensor:
        """(1, C, h, w), (N, C, h, w) -> (N, C, h, w): warped + gamma * attended."""
        value = F.relu(self.value_conv(warped)).flatten(2)  # (N, C, hw)
        attended = value @ self.weights(depth, warped).transpose(1, 2)
        return self.gamma * attended.view_as(warped) + warped


class DepthAwareGenerator(ResidualGenerator):
    """FOMM's decoder behind the depth attention."""

    def __init__(self, config: GeneratorConfig, *, align_corners: bool = False) -> None:
        super().__init__(config, align_corners=align_corners)
        self.src_first, self.src_down_blocks = feature_encoder(config, 1)
        self.AttnModule = DepthAttention(config.width(config.num_down_blocks))

    def encode_with_depth(self, source: Tensor, depth: Tensor) -> DepthEncoding:
        """(1, 3, H, W) image and (1, 1, H, W) depth, both in [0, 1]."""
        return DepthEncoding(self.encode(source), encode_features(self.src_first, self.src_down_blocks, depth))

    def forward(self, encoding: DepthEncoding, source: Keypoints, driving: Keypoints) -> Generated:
        """Generate N frames from one encoded source, its keypoints and N sets of driving keypoints."""
        motion, features = self.warp_features(encoding.rgb, source, driving)
        return Generated(self.decode(self.AttnModule(encoding.depth, features)), motion)


class ModulatedDecoder(SpadeDecoder):
    """SPADE decoder modulated by four compressed feature channels and the warped, occluded source image."""

    def __init__(self) -> None:
        super().__init__(middle_blocks=3, map_channels=4 + 3)
        self.compress = nn.Conv2d(256, 4, 3, padding=1)

    def forward(self, features: Tensor, image: Tensor) -> Tensor:
        """(N, 256, h, w), (N, 3, H, W) -> (N, 3, H, W) in [0, 1]."""
        compressed = F.interpolate(self.compress(features), size=image.shape[2:], mode="nearest")
        return self.decode(features, torch.cat([compressed, image], dim=1))


class SpadeDepthAwareGenerator(WarpingGenerator):
    """SPADE decoder behind the depth attention; needs 256 feature channels and two down blocks."""

    def __init__(self, config: GeneratorConfig, *, align_corners: bool = False) -> None:
        super().__init__(config, align_corners=align_corners)
        self.src_first, self.src_down_blocks = feature_encoder(config, 1)
        self.AttnModule = DepthAttention(config.width(config.num_down_blocks))
        self.decoder = ModulatedDecoder()

    def encode_with_depth(self, source: Tensor, depth: Tensor) -> DepthEncoding:
        """(1, 3, H, W) image and (1, 1, H, W) depth, both in [0, 1]."""
        return DepthEncoding(self.encode(source), encode_features(self.src_first, self.src_down_blocks, depth))

    def forward(self, encoding: DepthEncoding, source: Keypoints, driving: Keypoints) -> Generated:
        """Generate N frames from one encoded source, its keypoints and N sets of driving keypoints."""
        motion, features = self.warp_features(encoding.rgb, source, driving)
        features = self.AttnModule(encoding.depth, features)
        image = deformed_image(encoding.rgb.image, motion, align_corners=self.align_corners)
        if motion.occlusion is not None:
            image = image * resize(motion.occlusion, (image.shape[2], image.shape[3]))
        return Generated(self.decoder(features, image), motion)
