"""DaGAN: FOMM's motion read from colour and depth, with attention guided by the source's depth.

Source: Hong, Zhang, Shen, Xu, Depth-Aware Generative Adversarial Network for Talking Head Video Generation, CVPR 2022.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from baselines._shared.motion.detector import DetectorConfig, KeypointDetector
from baselines._shared.motion.generator import GeneratorConfig
from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.method import Source
from baselines.dagan.depth import DepthDecoder, DepthDecoderConfig, DepthEncoder, DepthEncoderConfig
from baselines.dagan.generator import DepthAwareGenerator, DepthEncoding, SpadeDepthAwareGenerator
from baselines.fomm.model import VOX_256


@dataclass(frozen=True)
class DaganConfig:
    """The four networks of DaGAN and which generator is meant."""

    generator: GeneratorConfig
    kp_detector: DetectorConfig
    depth_encoder: DepthEncoderConfig
    depth_decoder: DepthDecoderConfig
    decoder: Literal["original", "spade"] = "original"


VOX_ADV_256 = DaganConfig(
    generator=dataclasses.replace(VOX_256.generator, num_kp=15),
    kp_detector=dataclasses.replace(VOX_256.kp_detector, num_kp=15, num_channels=4),
    depth_encoder=DepthEncoderConfig(num_layers=18),
    depth_decoder=DepthDecoderConfig(),
)
"""Official vox-adv-256.yaml with 15 keypoints as in the README's command (the file itself says 10)."""

VOX_ADV_256_SPADE = dataclasses.replace(VOX_ADV_256, decoder="spade")
"""The same for SPADEDepthAwareGenerator."""

DEPTH_50 = (DepthEncoderConfig(num_layers=50), DepthDecoderConfig(num_ch_enc=(64, 256, 512, 1024, 2048)))
"""The second released depth network, not used by the official demo."""


class Dagan(nn.Module):
    """The four networks; the depth networks come from two checkpoints of their own.

    Args:
        config: sizes.
        align_corners: for every grid sampling; False is what the official code computes on torch >= 1.3.
    """

    def __init__(self, config: DaganConfig, *, align_corners: bool = False) -> None:
        super().__init__()
        generator = SpadeDepthAwareGenerator if config.decoder == "spade" else DepthAwareGenerator
        self.generator = generator(config.generator, align_corners=align_corners)
        self.kp_detector = KeypointDetector(config.kp_detector)
        self.depth_encoder = DepthEncoder(config.depth_encoder)
        self.depth_decoder = DepthDecoder(config.depth_decoder)

    def depth(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> (N, 1, H, W) in [0, 1], larger is nearer."""
        depth: Tensor = self.depth_decoder(self.depth_encoder(image))[0]
        return depth

    def detect(self, image: Tensor, depth: Tensor) -> Keypoints:
        """Keypoints of N images from colour and depth."""
        keypoints: Keypoints = self.kp_detector(torch.cat([image, depth], dim=1))
        return keypoints

    def read_source(self, image: Tensor) -> Source[DepthEncoding]:
        """(1, 3, H, W) in [0, 1] -> keypoints, features and depth features, to be computed once."""
        depth = self.depth(image)
        return Source(self.detect(image, depth), self.generator.encode_with_depth(image, depth))

    def read_motion(self, source: Source[DepthEncoding], frames: Tensor) -> Keypoints:
        """(N, 3, H, W) in [0, 1] -> N sets of keypoints; independent of the source."""
        return self.detect(frames, self.depth(frames))

    def render(self, source: Source[DepthEncoding], driving: Keypoints) -> Tensor:
        """Keypoints that drive -> (N, 3, H, W) in [0, 1]; the driving depth is not needed here."""
        prediction: Tensor = self.generator(source.encoding, source.keypoints, driving).prediction
        return prediction
