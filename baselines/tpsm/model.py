"""TPSM: groups of five keypoints, a thin-plate spline per group, and multi-size occlusion-aware inpainting.

Source: Zhao, Zhang, Thin-Plate Spline Motion Model for Image Animation, CVPR 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.method import Source
from baselines.tpsm.dense_motion import TpsMotion, TpsMotionConfig, TpsMotionNetwork
from baselines.tpsm.inpainting import Inpainted, InpaintingConfig, InpaintingNetwork
from baselines.tpsm.keypoints import AvdConfig, AvdNetwork, BackgroundPredictor, TpsDetector


@dataclass(frozen=True)
class TpsmConfig:
    """The networks of TPSM; `num_tps` is the same everywhere."""

    inpainting_network: InpaintingConfig
    dense_motion_network: TpsMotionConfig
    avd_network: AvdConfig


VOX_256 = TpsmConfig(
    inpainting_network=InpaintingConfig(
        num_channels=3, block_expansion=64, max_features=512, num_down_blocks=3, multi_mask=True
    ),
    dense_motion_network=TpsMotionConfig(
        num_tps=10,
        num_channels=3,
        block_expansion=64,
        max_features=1024,
        num_blocks=5,
        scale_factor=0.25,
        multi_mask=True,
    ),
    avd_network=AvdConfig(num_tps=10, id_bottle_size=128, pose_bottle_size=128),
)
"""Official vox-256.yaml."""


@dataclass(frozen=True)
class TpsEncoding:
    """What TPSM needs of a source.

    Attributes:
        image: (1, 3, H, W) in [0, 1].
        small: (1, 3, h, w), the image at the size of the flow.
        features: at full size, 1/2, 1/4 and 1/8.
    """

    image: Tensor
    small: Tensor
    features: list[Tensor]


class Tpsm(nn.Module):
    """The five networks under the names of the official checkpoint; rendering needs the first three.

    Args:
        config: sizes.
        align_corners: for every grid sampling; the official code passes True.
    """

    def __init__(self, config: TpsmConfig, *, align_corners: bool = True) -> None:
        super().__init__()
        self.inpainting_network = InpaintingNetwork(config.inpainting_network, align_corners=align_corners)
        self.kp_detector = TpsDetector(config.dense_motion_network.num_tps)
        self.dense_motion_network = TpsMotionNetwork(config.dense_motion_network, align_corners=align_corners)
        self.avd_network = AvdNetwork(config.avd_network)
        self.bg_predictor = BackgroundPredictor()

    def read_source(self, image: Tensor) -> Source[TpsEncoding]:
        """(1, 3, H, W) in [0, 1] -> keypoints and features, to be computed once."""
        small = self.dense_motion_network.downscale(image)
        return Source(self.kp_detector(image), TpsEncoding(image, small, self.inpainting_network.encode(image)))

    def read_motion(self, source: Source[TpsEncoding], frames: Tensor) -> Keypoints:
        """(N, 3, H, W) in [0, 1] -> N sets of keypoints; independent of the source."""
        keypoints: Keypoints = self.kp_detector(frames)
        return keypoints

    def generate(
        self, source: Source[TpsEncoding], driving: Keypoints, background: Tensor | None = None
    ) -> tuple[TpsMotion, Inpainted]:
        """Flow and frames for N sets of driving keypoints and, optionally, (N, 3, 3) background motions."""
        motion = self.dense_motion_network(source.encoding.small, source.keypoints, driving, background)
        return motion, self.inpainting_network(source.encoding.image, source.encoding.features, motion)

    def render(self, source: Source[TpsEncoding], driving: Keypoints) -> Tensor:
        """Keypoints that drive, such as those of `avd_network` -> (N, 3, H, W) in [0, 1]; the background stays."""
        return self.generate(source, driving)[1].prediction
