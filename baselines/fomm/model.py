"""FOMM: keypoints with local affine transforms -> dense flow -> warped and inpainted source features.

Source: Siarohin, Lathuiliere, Tulyakov, Ricci, Sebe, First Order Motion Model for Image Animation, NeurIPS 2019.
The parts are in `baselines._shared.motion`, because dagan, fnevr and g3fa build on the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from baselines._shared.motion.dense_motion import DenseMotionConfig
from baselines._shared.motion.detector import DetectorConfig, KeypointDetector
from baselines._shared.motion.generator import Generated, GeneratorConfig, ResidualGenerator, SourceEncoding
from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.two_networks import DetectorAndGenerator


@dataclass(frozen=True)
class FommConfig:
    """Both networks of FOMM."""

    generator: GeneratorConfig
    kp_detector: DetectorConfig


VOX_256 = FommConfig(
    generator=GeneratorConfig(
        num_kp=10,
        num_channels=3,
        block_expansion=64,
        max_features=512,
        num_down_blocks=2,
        num_bottleneck_blocks=6,
        estimate_occlusion_map=True,
        dense_motion_params=DenseMotionConfig(block_expansion=64, max_features=1024, num_blocks=5, scale_factor=0.25),
    ),
    kp_detector=DetectorConfig(
        num_kp=10,
        num_channels=3,
        block_expansion=32,
        max_features=1024,
        num_blocks=5,
        temperature=0.1,
        scale_factor=0.25,
        estimate_jacobian=True,
    ),
)
"""Official vox-256.yaml; vox-adv-256.yaml builds the same two networks."""


class OcclusionAwareGenerator(ResidualGenerator):
    """Encode, warp, mask, decode."""

    def forward(self, encoding: SourceEncoding, source: Keypoints, driving: Keypoints) -> Generated:
        """Generate N frames.

        Args:
            encoding: of one source, from `encode`.
            source: (1, K, 2) keypoints of the source.
            driving: (N, K, 2) keypoints of the driving frames, as `relative_motion` gives them.
        """
        motion, features = self.warp_features(encoding, source, driving)
        return Generated(self.decode(features), motion)


class Fomm(DetectorAndGenerator):
    """The two networks under the names of the official checkpoint.

    Args:
        config: sizes.
        align_corners: for every grid sampling. False is what the official code computes on torch >= 1.3; True is what
            it computed on the torch 1.0 its first checkpoints were trained with.
    """

    def __init__(self, config: FommConfig, *, align_corners: bool = False) -> None:
        generator = OcclusionAwareGenerator(config.generator, align_corners=align_corners)
        super().__init__(generator, KeypointDetector(config.kp_detector))
