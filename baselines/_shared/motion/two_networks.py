"""A keypoint detector beside a generator: methods whose motion needs nothing but the keypoints of a frame."""

from __future__ import annotations

from torch import Tensor, nn

from baselines._shared.motion.detector import KeypointDetector
from baselines._shared.motion.generator import SourceEncoding, WarpingGenerator
from baselines._shared.motion.keypoints import Keypoints
from baselines._shared.motion.method import Source


class DetectorAndGenerator(nn.Module):
    """The two networks under the names of the official checkpoints of FOMM and FNeVR.

    Args:
        generator: animates an encoded source; its answer has a `prediction` (N, 3, H, W).
        kp_detector: keypoints of images.
    """

    def __init__(self, generator: WarpingGenerator, kp_detector: KeypointDetector) -> None:
        super().__init__()
        self.generator = generator
        self.kp_detector = kp_detector

    def read_source(self, image: Tensor) -> Source[SourceEncoding]:
        """(1, 3, H, W) in [0, 1] -> keypoints and features, to be computed once."""
        return Source(self.kp_detector(image), self.generator.encode(image))

    def read_motion(self, source: Source[SourceEncoding], frames: Tensor) -> Keypoints:
        """(N, 3, H, W) in [0, 1] -> N sets of keypoints; independent of the source."""
        keypoints: Keypoints = self.kp_detector(frames)
        return keypoints

    def render(self, source: Source[SourceEncoding], driving: Keypoints) -> Tensor:
        """Keypoints of driving frames, or moved by `relative_motion`, -> (N, 3, H, W) in [0, 1]."""
        prediction: Tensor = self.generator(source.encoding, source.keypoints, driving).prediction
        return prediction
