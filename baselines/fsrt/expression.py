"""Keypoints and the expression vector of a face.

Source: Rochow et al., "FSRT" (CVPR 2024), section 3.1 (keypoint detector, expression network, eq. 8-10). The detector
is that of FOMM without Jacobians.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from baselines._shared.motion.detector import DetectorConfig, KeypointDetector
from baselines._shared.motion.field import expected_position
from baselines._shared.motion.keypoints import Keypoints
from baselines.fsrt.decoder import relu_mlp

DETECTOR = DetectorConfig(
    num_kp=10, num_channels=3, block_expansion=32, max_features=1024, num_blocks=5, temperature=0.1, scale_factor=0.25
)


@dataclass(frozen=True)
class Detection:
    """What the detector sees in each of B images.

    Attributes:
        keypoints: (B, K, 2) in (-1, 1).
        features: (B, C, h, w) last map of the hourglass.
        logits: (B, K, h', w') of the heat maps.
        heatmaps: (B, K, h', w'), each adds up to 1.
    """

    keypoints: Keypoints
    features: Tensor
    logits: Tensor
    heatmaps: Tensor


class FeatureKeypointDetector(KeypointDetector):
    """FOMM's detector that also hands out what the expression network reads."""

    def detect(self, images: Tensor) -> Detection:
        """(B, 3, H, W) in [0, 1] -> keypoints, features and heat maps."""
        reduced = images if self.down is None else self.down(images)
        features: Tensor = self.predictor(reduced)[-1]
        logits: Tensor = self.kp(features)
        heatmaps = functional.softmax(logits.flatten(2) / self.temperature, dim=2).view_as(logits)
        return Detection(Keypoints(expected_position(heatmaps)), features, logits, heatmaps)


class ExpressionEncoder(nn.Module):
    """Features around each keypoint to one vector per face.

    Args:
        in_channels: Channels of the detector's last map.
        num_kp: Keypoints.
        expression_size_per_kp: Features kept per keypoint.
        expression_size: Length of the vector.
        pad: Padding of the 7x7 convolution, that of the detector's heat maps.
    """

    def __init__(
        self,
        in_channels: int = 35,
        num_kp: int = 10,
        expression_size_per_kp: int = 32,
        expression_size: int = 256,
        pad: int = 0,
    ) -> None:
        super().__init__()
        channels = num_kp * expression_size_per_kp
        self.num_kp = num_kp
        self.expression = nn.Conv2d(in_channels, channels, 7, padding=pad)
        self.expression_mlp = relu_mlp([channels, 640, 1280, 640, expression_size])

    def forward(self, features: Tensor, heatmaps: Tensor) -> Tensor:
        """(B, C, h, w) and (B, K, h', w') -> (B, expression_size)."""
        maps = self.expression(features).unflatten(1, (self.num_kp, -1))  # (B, K, 32, h', w')
        pooled = (maps * heatmaps[:, :, None]).sum(dim=(-2, -1))  # (B, K, 32)
        vector: Tensor = self.expression_mlp(pooled.flatten(1))
        return vector
