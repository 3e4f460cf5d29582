"""What the generators of fomm, dagan, fnevr and g3fa share up to the decoder, and the decoder of fomm and dagan."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines._shared.motion.blocks import ConvBlock, DownBlock, UpBlock, res_blocks
from baselines._shared.motion.dense_motion import DenseMotion, DenseMotionConfig, DenseMotionNetwork
from baselines._shared.motion.field import resize, resize_flow, warp
from baselines._shared.motion.keypoints import Keypoints


@dataclass(frozen=True)
class GeneratorConfig:
    """Official parameters of the generator.

    Attributes:
        num_kp: keypoints K.
        num_channels: image channels.
        block_expansion: width at image size; level i has min(max_features, block_expansion * 2**i).
        max_features: largest width.
        num_down_blocks: halvings of the encoder.
        dense_motion_params: the dense-motion network.
        num_bottleneck_blocks: residual blocks at the coarsest size (fomm and dagan's first generator).
        estimate_occlusion_map: multiply the warped features by an occlusion map.
    """

    num_kp: int
    num_channels: int
    block_expansion: int
    max_features: int
    num_down_blocks: int
    dense_motion_params: DenseMotionConfig
    num_bottleneck_blocks: int = 6
    estimate_occlusion_map: bool = False

    def width(self, level: int) -> int:
        """Channels after `level` halvings."""
        width: int = min(self.max_features, self.block_expansion * 2**level)
        return width


@dataclass(frozen=True)
class SourceEncoding:
    """What a generator needs of a source image, computed once.

    Attributes:
        image: (1, 3, H, W) in [0, 1].
        small: (1, 3, h, w), the image at the size of the flow.
        features: (1, C, H/2**n, W/2**n).
    """

    image: Tensor
    small: Tensor
    features: Tensor


@dataclass(frozen=True)
class Generated:
    """Output of a generator for N driving frames.

    Attributes:
        prediction: (N, 3, H, W) in [0, 1].
        motion: the flow it was made with.
    """

    prediction: Tensor
    motion: DenseMotion


def feature_encoder(config: GeneratorConfig, channels: int) -> tuple[ConvBlock, nn.ModuleList]:
    """7x7 conv block and `num_down_blocks` down blocks for an image of `channels` channels."""
    down = [DownBlock(config.width(level), config.width(level + 1)) for level in range(config.num_down_blocks)]
    return ConvBlock(channels, config.block_expansion, kernel=7), nn.ModuleList(down)


def encode_features(first: nn.Module, down_blocks: nn.ModuleList, image: Tensor) -> Tensor:
    """Run the two parts of `feature_encoder`: (1, channels, H, W) -> (1, C, H/2**n, W/2**n)."""
    features: Tensor = first(image)
    for block in down_blocks:
        features = block(features)
    return features


def deformed_image(image: Tensor, motion: DenseMotion, *, align_corners: bool) -> Tensor:
    """The source image warped by the flow at full size: (1, 3, H, W) -> (N, 3, H, W)."""
    flow = resize_flow(motion.deformation, (image.shape[2], image.shape[3]))
    return warp(image, flow, align_corners=align_corners)


class WarpingGenerator(nn.Module):
    """Encode the source, estimate the flow, warp the features and mask them by the occlusion map."""

    def __init__(self, config: GeneratorConfig, *, align_corners: bool = False) -> None:
        super().__init__()
        self.dense_motion_network = DenseMotionNetwork(
            config.dense_motion_params,
            num_kp=config.num_kp,
            num_channels=config.num_channels,
            occlusion=config.estimate_occlusion_map,
            align_corners=align_corners,
        )
        self.first, self.down_blocks = feature_encoder(config, config.num_channels)
        self.align_corners = align_corners

    def encode(self, source: Tensor) -> SourceEncoding:
        """(1, 3, H, W) in [0, 1] -> everything that depends on the source only."""
        features = encode_features(self.first, self.down_blocks, source)
        return SourceEncoding(source, self.dense_motion_network.downscale(source), features)

    def warp_features(
        self, encoding: SourceEncoding, source: Keypoints, driving: Keypoints
    ) -> tuple[DenseMotion, Tensor]:
        """Flow of N driving frames and the (N, C, h, w) features warped and occluded by it."""
        motion = self.dense_motion_network(encoding.small, source, driving)
        size = (encoding.features.shape[2], encoding.features.shape[3])
        flow = resize_flow(motion.deformation, size)
        features = warp(encoding.features, flow, align_corners=self.align_corners)
        if motion.occlusion is not None:
            features = features * resize(motion.occlusion, size)
        return motion, features


class ResidualGenerator(WarpingGenerator):
    """FOMM's decoder: residual blocks and up blocks on the warped features; no skip from the source image."""

    def __init__(self, config: GeneratorConfig, *, align_corners: bool = False) -> None:
        super().__init__(config, align_corners=align_corners)
        levels = range(config.num_down_blocks, 0, -1)
        self.up_blocks = nn.ModuleList(UpBlock(config.width(level), config.width(level - 1)) for level in levels)
        width = config.width(config.num_down_blocks)
        self.bottleneck = res_blocks("r", width, config.num_bottleneck_blocks)
        self.final = nn.Conv2d(config.block_expansion, config.num_channels, 7, padding=3)

    def decode(self, features: Tensor) -> Tensor:
        """(N, C, H/2**n, W/2**n) -> (N, 3, H, W) in [0, 1]."""
        features = self.bottleneck(features)
        for block in self.up_blocks:
            features = block(features)
        return torch.sigmoid(self.final(features))
