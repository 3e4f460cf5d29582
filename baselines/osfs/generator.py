"""The generators: a feature volume of the source, warped in 3-D, decoded by residual blocks or by SPADE.

Source: Wang et al., CVPR 2021; the SPADE decoder is the public version's second release.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.blocks import ConvBlock, DownBlock, UpBlock, conv_layer, norm_layer, res_blocks
from baselines._shared.motion.dense_motion import DenseMotion
from baselines._shared.motion.field import heatmap_difference, resize, sparse_motions, warp, warp_each
from baselines._shared.motion.generator import Generated
from baselines._shared.motion.hourglass import Hourglass, HourglassSize
from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.spade import SpadeDecoder


@dataclass(frozen=True)
class VolumeMotionConfig:
    """Official parameters of the 3-D dense-motion network.

    Attributes:
        block_expansion: see `HourglassSize`.
        max_features: see `HourglassSize`.
        num_blocks: see `HourglassSize`.
        reshape_depth: depth D of the volume.
        compress: channels of the volume that are warped by every sparse motion.
        kp_variance: variance of the heatmaps.
    """

    block_expansion: int
    max_features: int
    num_blocks: int
    reshape_depth: int
    compress: int
    kp_variance: float = 0.01


@dataclass(frozen=True)
class VolumeGeneratorConfig:
    """Official parameters of both generators.

    Attributes:
        num_kp: keypoints K.
        image_channel: 3.
        feature_channel: channels of the feature volume; equals reshape_channel.
        block_expansion: width at image size.
        max_features: largest width of the 2-D encoder, = reshape_channel * reshape_depth.
        num_down_blocks: halvings.
        reshape_channel: channels of the volume.
        reshape_depth: depth D of the volume.
        num_resblocks: 3-D residual blocks, and 2-D ones in the original decoder.
        dense_motion_params: the dense-motion network.
        estimate_occlusion_map: multiply the warped features by an occlusion map.
    """

    num_kp: int
    image_channel: int
    feature_channel: int
    block_expansion: int
    max_features: int
    num_down_blocks: int
    reshape_channel: int
    reshape_depth: int
    num_resblocks: int
    dense_motion_params: VolumeMotionConfig
    estimate_occlusion_map: bool = False


class VolumeMotionNetwork(nn.Module):
    """Compressed feature volume and two sets of 3-D keypoints -> dense 3-D flow and occlusion map."""

    def __init__(self, config: VolumeGeneratorConfig, *, align_corners: bool) -> None:
        super().__init__()
        params = config.dense_motion_params
        size = HourglassSize(params.block_expansion, params.max_features, params.num_blocks)
        self.hourglass = Hourglass((config.num_kp + 1) * (params.compress + 1), size, dims=3)
        features = self.hourglass.out_features
        self.mask = conv_layer(3, features, config.num_kp + 1, 7)
        self.compress = conv_layer(3, config.feature_channel, params.compress, 1)
        self.norm = norm_layer(3, params.compress, "batch")
        flat = features * params.reshape_depth
        self.occlusion = conv_layer(2, flat, 1, 7) if config.estimate_occlusion_map else None
        self.kp_variance = params.kp_variance
        self.align_corners = align_corners

    def compressed(self, volume: Tensor) -> Tensor:
        """(N, C, D, h, w) -> (N, compress, D, h, w), what `forward` wants; needed once per source."""
        return F.relu(self.norm(self.compress(volume)))

    def forward(self, compressed: Tensor, source: Keypoints, driving: Keypoints) -> DenseMotion:
        """Estimate the flow of N driving frames.

        Args:
            compressed: (1, c, D, h, w) from `compressed`.
            source: (1, K, 3).
            driving: (N, K, 3).
        """
        size = tuple(compressed.shape[2:])
        heat = heatmap_difference(source, driving, size, self.kp_variance)  # (N, K+1, D, h, w)
        motions = sparse_motions(source, driving, size)  # (N, K+1, D, h, w, 3)
        warped = warp_each(compressed, motions, align_corners=self.align_corners)  # (N, K+1, c, D, h, w)
        features = self.hourglass(torch.cat([heat.unsqueeze(2), warped], dim=2).flatten(1, 2))[-1]
        mask = F.softmax(self.mask(features), dim=1)
        deformation = torch.einsum("nkzyx,nkzyxd->nzyxd", mask, motions)
        flat = features.flatten(1, 2)  # (N, F D, h, w)
        return DenseMotion(mask, deformation, None if self.occlusion is None else torch.sigmoid(self.occlusion(flat)))


@dataclass(frozen=True)
class VolumeEncoding:
    """What a generator needs of a source.

    Attributes:
        volume: (1, C, D, h, w) features.
        compressed: (1, c, D, h, w), the same for the dense-motion network.
    """

    volume: Tensor
    compressed: Tensor


class VolumeGenerator(nn.Module):
    """Encode the source as a volume, warp it, flatten it again and mask it by the occlusion map."""

    def __init__(self, config: VolumeGeneratorConfig, *, first_kernel: int, align_corners: bool) -> None:
        super().__init__()
        size = HourglassSize(config.block_expansion, config.max_features, config.num_down_blocks)
        self.dense_motion_network = VolumeMotionNetwork(config, align_corners=align_corners)
        self.first = ConvBlock(config.image_channel, config.block_expansion, kernel=first_kernel)
        levels = range(config.num_down_blocks)
        widths = [config.block_expansion] + [size.width(level + 1) for level in levels]
        self.down_blocks = nn.ModuleList(DownBlock(widths[level], widths[level + 1]) for level in levels)
        self.second = conv_layer(2, widths[-1], config.max_features, 1)
        self.resblocks_3d = res_blocks("3dr", config.reshape_channel, config.num_resblocks, dims=3)
        self.out_features = config.block_expansion * int(2**config.num_down_blocks)
        self.third = ConvBlock(config.max_features, self.out_features, slope=0.01)
        self.fourth = conv_layer(2, self.out_features, self.out_features, 1)
        self.reshape_depth = config.reshape_depth
        self.align_corners = align_corners

    def encode(self, source: Tensor) -> VolumeEncoding:
        """(1, 3, H, W) in [0, 1] -> everything that depends on the source only."""
        x = self.first(source)
        for block in self.down_blocks:
            x = block(x)
        volume = self.resblocks_3d(torch.unflatten(self.second(x), 1, (-1, self.reshape_depth)))
        return VolumeEncoding(volume, self.dense_motion_network.compressed(volume))

    def warp_features(
        self, encoding: VolumeEncoding, source: Keypoints, driving: Keypoints
    ) -> tuple[DenseMotion, Tensor]:
        """Flow of N driving frames and the (N, out_features, h, w) features warped and occluded by it."""
        motion = self.dense_motion_network(encoding.compressed, source, driving)
        warped = warp(encoding.volume, motion.deformation, align_corners=self.align_corners)  # (N, C, D, h, w)
        features = self.fourth(self.third(warped.flatten(1, 2)))
        if motion.occlusion is not None:
            features = features * resize(motion.occlusion, (features.shape[2], features.shape[3]))
        return motion, features


class OriginalGenerator(VolumeGenerator):
    """Decoder of residual blocks and up blocks, as in the paper."""

    def __init__(self, config: VolumeGeneratorConfig, *, align_corners: bool = False) -> None:
        super().__init__(config, first_kernel=7, align_corners=align_corners)
        self.resblocks_2d = res_blocks("2dr", self.out_features, config.num_resblocks)
        widths = [self.out_features // int(2**step) for step in range(config.num_down_blocks + 1)]
        steps = range(config.num_down_blocks)
        self.up_blocks = nn.ModuleList(UpBlock(widths[step], widths[step + 1]) for step in steps)
        self.final = conv_layer(2, config.block_expansion, config.image_channel, 7)

    def forward(self, encoding: VolumeEncoding, source: Keypoints, driving: Keypoints) -> Generated:
        """Generate N frames from one encoded source, its keypoints and N sets of driving keypoints."""
        motion, features = self.warp_features(encoding, source, driving)
        features = self.resblocks_2d(features)
        for block in self.up_blocks:
            features = block(features)
        return Generated(torch.sigmoid(self.final(features)), motion)


class SpadeGenerator(VolumeGenerator):
    """SPADE decoder modulated by its own input; needs 256 channels there and two down blocks."""

    def __init__(self, config: VolumeGeneratorConfig, *, align_corners: bool = False) -> None:
        super().__init__(config, first_kernel=3, align_corners=align_corners)
        self.decoder = SpadeDecoder(middle_blocks=6, map_channels=256)

    def forward(self, encoding: VolumeEncoding, source: Keypoints, driving: Keypoints) -> Generated:
        """Generate N frames from one encoded source, its keypoints and N sets of driving keypoints."""
        motion, features = self.warp_features(encoding, source, driving)
        return Generated(self.decoder.decode(features, features), motion)
