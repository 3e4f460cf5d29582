"""OSFS: canonical 3-D keypoints put into the pose and expression of the driving frames move a feature volume.

Source: Wang, Mallya, Liu, One-Shot Free-View Neural Talking-Head Synthesis for Video Conferencing, CVPR 2021
(face-vid2vid). Its authors released no weights; names and sizes are those of the public re-implementation.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.method import Source
from baselines.osfs.detector import CanonicalDetector, CanonicalDetectorConfig
from baselines.osfs.generator import (
    OriginalGenerator,
    SpadeGenerator,
    VolumeEncoding,
    VolumeGeneratorConfig,
    VolumeMotionConfig,
)
from baselines.osfs.head_pose import FreeView, HeadPoseConfig, HeadPoseEstimator, pose_keypoints


@dataclass(frozen=True)
class OsfsConfig:
    """The three networks and which generator is meant."""

    generator: VolumeGeneratorConfig
    kp_detector: CanonicalDetectorConfig
    he_estimator: HeadPoseConfig
    decoder: Literal["original", "spade"]


VOX_256_SPADE = OsfsConfig(
    generator=VolumeGeneratorConfig(
        num_kp=15,
        image_channel=3,
        feature_channel=32,
        block_expansion=64,
        max_features=512,
        num_down_blocks=2,
        reshape_channel=32,
        reshape_depth=16,
        num_resblocks=6,
        estimate_occlusion_map=True,
        dense_motion_params=VolumeMotionConfig(
            block_expansion=32, max_features=1024, num_blocks=5, reshape_depth=16, compress=4
        ),
    ),
    kp_detector=CanonicalDetectorConfig(
        num_kp=15,
        image_channel=3,
        block_expansion=32,
        max_features=1024,
        num_blocks=5,
        reshape_channel=16384,
        reshape_depth=16,
        temperature=0.1,
        scale_factor=0.25,
    ),
    he_estimator=HeadPoseConfig(block_expansion=64, num_kp=15, num_bins=66),
    decoder="spade",
)
"""Official vox-256.yaml with the demo's default generator (release Vox-256-New)."""

VOX_256 = dataclasses.replace(VOX_256_SPADE, decoder="original")
"""The same with the original generator."""

VOX_256_BETA = dataclasses.replace(VOX_256, kp_detector=dataclasses.replace(VOX_256.kp_detector, scale_factor=1))
"""Official vox-256-beta.yaml (release Vox-256-Beta): the detector works at full size."""


@dataclass(frozen=True)
class OsfsEncoding:
    """What OSFS needs of a source.

    Attributes:
        canonical: (1, K, 3) keypoints without pose and expression, also used for the driving frames.
        features: for the generator.
    """

    canonical: Keypoints
    features: VolumeEncoding


class Osfs(nn.Module):
    """The three networks under the names of the official checkpoint.

    Args:
        config: sizes.
        align_corners: for every grid sampling; False is what the official code computes on torch >= 1.3.
    """

    def __init__(self, config: OsfsConfig, *, align_corners: bool = False) -> None:
        super().__init__()
        generator = SpadeGenerator if config.decoder == "spade" else OriginalGenerator
        self.generator = generator(config.generator, align_corners=align_corners)
        self.kp_detector = CanonicalDetector(config.kp_detector)
        self.he_estimator = HeadPoseEstimator(config.he_estimator)

    def read_source(self, image: Tensor) -> Source[OsfsEncoding]:
        """(1, 3, H, W) in [0, 1] -> canonical and posed keypoints and features, to be computed once."""
        canonical = self.kp_detector(image)
        keypoints = pose_keypoints(canonical, self.he_estimator(image), FreeView())
        return Source(keypoints, OsfsEncoding(canonical, self.generator.encode(image)))

    def read_motion(self, source: Source[OsfsEncoding], frames: Tensor, view: FreeView | None = None) -> Keypoints:
        """The source's canonical keypoints in the poses of N frames.

        Args:
            source: whose face it is.
            frames: (N, 3, H, W) in [0, 1].
            view: angles that replace those of the frames; the initial frame of relative motion is read without.
        """
        return pose_keypoints(source.encoding.canonical, self.he_estimator(frames), view or FreeView())

    def render(self, source: Source[OsfsEncoding], driving: Keypoints) -> Tensor:
        """Keypoints of driving frames, or moved by `relative_motion`, -> (N, 3, H, W) in [0, 1]."""
        prediction: Tensor = self.generator(source.encoding.features, source.keypoints, driving).prediction
        return prediction
