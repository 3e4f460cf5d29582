"""Dense motion from sparse motion (FOMM section 3.1), shared by fomm, dagan, fnevr and g3fa."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from baselines._shared.motion.blocks import downscale_layer
from baselines._shared.motion.field import heatmap_difference, sparse_motions, warp_each
from baselines._shared.motion.hourglass import Hourglass, HourglassSize
from baselines._shared.motion.keypoints import Keypoints


@dataclass(frozen=True)
class DenseMotionConfig:
    """Official parameters of the dense-motion network.

    Attributes:
        block_expansion: see `HourglassSize`.
        max_features: see `HourglassSize`.
        num_blocks: see `HourglassSize`.
        scale_factor: the flow is estimated at this fraction of the image size.
        kp_variance: variance of the heatmaps given to the network.
    """

    block_expansion: int
    max_features: int
    num_blocks: int
    scale_factor: float = 1.0
    kp_variance: float = 0.01


@dataclass(frozen=True)
class DenseMotion:
    """Output of a dense-motion network; S = (h, w), or (D, h, w) for volumes.

    Attributes:
        mask: (N, K+1, *S) softmax weights of background and keypoints.
        deformation: (N, *S, len(S)) coordinates in the source, the mask-weighted sum of the sparse motions.
        occlusion: (N, 1, h, w) in [0, 1], 0 where the source shows nothing usable; None if not estimated.
    """

    mask: Tensor
    deformation: Tensor
    occlusion: Tensor | None


class DenseMotionNetwork(nn.Module):
    """Small source image and two sets of keypoints -> dense backward flow and occlusion map."""

    def __init__(
        self, config: DenseMotionConfig, *, num_kp: int, num_channels: int, occlusion: bool, align_corners: bool
    ) -> None:
        super().__init__()
        size = HourglassSize(config.block_expansion, config.max_features, config.num_blocks)
        self.hourglass = Hourglass((num_kp + 1) * (num_channels + 1), size)
        features = self.hourglass.out_features
        self.mask = nn.Conv2d(features, num_kp + 1, 7, padding=3)
        self.occlusion = nn.Conv2d(features, 1, 7, padding=3) if occlusion else None
        self.down = downscale_layer(num_channels, config.scale_factor)
        self.kp_variance = config.kp_variance
        self.align_corners = align_corners

    def downscale(self, source: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, 3, h, w), what `forward` wants; needed once per source."""
        if self.down is None:
            return source
        small: Tensor = self.down(source)
        return small

    def forward(self, small: Tensor, source: Keypoints, driving: Keypoints) -> DenseMotion:
        """Estimate the flow of N driving frames.

        Args:
            small: (1, 3, h, w), the source from `downscale`.
            source: (1, K, 2).
            driving: (N, K, 2).
        """
        size = (small.shape[2], small.shape[3])
        heat = heatmap_difference(source, driving, size, self.kp_variance)  # (N, K+1, h, w)
        motions = sparse_motions(source, driving, size)  # (N, K+1, h, w, 2)
        warped = warp_each(small, motions, align_corners=self.align_corners)  # (N, K+1, 3, h, w)
        features = self.hourglass(torch.cat([heat.unsqueeze(2), warped], dim=2).flatten(1, 2))[-1]
        mask = F.softmax(self.mask(features), dim=1)
        deformation = torch.einsum("nkhw,nkhwd->nhwd", mask, motions)
        occlusion = None if self.occlusion is None else torch.sigmoid(self.occlusion(features))
        return DenseMotion(mask, deformation, occlusion)
