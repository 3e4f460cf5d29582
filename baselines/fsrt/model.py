"""FSRT: a source face as a set of tokens, rendered pixel by pixel with another frame's keypoints and expression.

Source: Rochow, Schwarz, Behnke, "FSRT: Facial Scene Representation Transformer for Face Reenactment from Factorized
Appearance, Head-pose, and Facial Expression Features" (CVPR 2024). The attributes are the entries of the official
checkpoints: `kp_detector` has its own file, the other three share one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines._shared.motion.keypoints import Keypoints, relative_motion
from baselines.fsrt.decoder import QueryDecoder
from baselines.fsrt.encoder import SetLatentEncoder
from baselines.fsrt.encoding import pixel_coordinates
from baselines.fsrt.expression import DETECTOR, ExpressionEncoder, FeatureKeypointDetector
from baselines.fsrt.transformer import Attended

MAX_PIXELS = 4096


@dataclass(frozen=True)
class Motion:
    """Head pose and expression of B frames.

    Attributes:
        keypoints: (B, K, 2) in (-1, 1).
        expression: (B, expression_size).
    """

    keypoints: Tensor
    expression: Tensor

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.keypoints)


@dataclass(frozen=True)
class Source:
    """What the source images give; computed once per clip.

    Attributes:
        tokens: (1, S * H/8 * H/8, 768) set-latent representation of all S images.
        attended: keys and values of the tokens in the decoder.
        motion: Of the S images.
        size: Side of the images in pixels.
    """

    tokens: Tensor
    attended: Sequence[Attended]
    motion: Motion
    size: int


class FSRT(nn.Module):
    """All networks of the method.

    Args:
        kp_detector: Keypoint detector.
        encoder: Set-latent encoder.
        decoder: Query decoder, large or small.
        expression_encoder: Expression network.
    """

    def __init__(
        self,
        kp_detector: FeatureKeypointDetector | None = None,
        encoder: SetLatentEncoder | None = None,
        decoder: QueryDecoder | None = None,
        expression_encoder: ExpressionEncoder | None = None,
    ) -> None:
        super().__init__()
        self.kp_detector = kp_detector or FeatureKeypointDetector(DETECTOR)
        self.encoder = encoder or SetLatentEncoder()
        self.decoder = decoder or QueryDecoder()
        self.expression_encoder = expression_encoder or ExpressionEncoder()

    def motion(self, images: Tensor) -> Motion:
        """Keypoints and expressions of (B, 3, H, H) images in [0, 1].

        On a CPU images are read one by one: they are cheap beside the rendering, and no bit depends on the batch.
        """
        together = 1 if images.device.type == "cpu" else len(images)
        found = [self.kp_detector.detect(part) for part in torch.split(images, together)]
        keypoints = torch.cat([one.keypoints.value for one in found])
        expression = torch.cat([self.expression_encoder(one.features, one.heatmaps) for one in found])
        return Motion(keypoints, expression)

    def encode_source(self, images: Tensor) -> Source:
        """Encode one or more images of the source person, (S, 3, H, H) in [0, 1]."""
        motion = self.motion(images)
        tokens = self.encoder(images, motion.keypoints, motion.expression)
        return Source(tokens, self.decoder.attended(tokens), motion, images.shape[-1])

    def transfer(self, source: Source, initial: Motion | None, adapt_scale: bool = False) -> Callable[[Motion], Motion]:
        """Motion of the frames to generate; the expression is always that of the driving frame.

        Args:
            source: The encoded source; relative motion starts at the keypoints of its first image.
            initial: The driving frame that matches the source's pose (the first, or `best_frame`); None for absolute
                motion.
            adapt_scale: Scale relative motion by sqrt(hull area of the source) / sqrt(hull area of `initial`).

        Returns:
            A function of the motion of B driving frames that gives that of B frames.

        Raises:
            ValueError: keypoints that span no area, with `adapt_scale`.
        """
        if initial is None:
            return lambda driving: driving
        first, start = Keypoints(source.motion.keypoints[:1]), Keypoints(initial.keypoints[:1])
        move = relative_motion(first, start, adapt_scale)
        return lambda driving: Motion(move(Keypoints(driving.keypoints)).value, driving.expression)

    def colours(self, source: Source, motion: Motion, pixels: Tensor, max_pixels: int = MAX_PIXELS) -> Tensor:
        """Colours of some pixels of one frame.

        Args:
            source: The encoded source.
            motion: One frame (B = 1).
            pixels: (N, 2) coordinates as of `pixel_coordinates`.
            max_pixels: Queries decoded at once; bounds the memory and changes nothing else.

        Returns:
            (N, 3) RGB, about [0, 1] but not clamped.
        """
        chunks = [
            self.decoder(source.attended, part, motion.keypoints, motion.expression)[0]
            for part in torch.split(pixels, max_pixels)
        ]
        return torch.cat(chunks)

    def render(self, source: Source, motion: Motion, max_pixels: int = MAX_PIXELS) -> Tensor:
        """Generate frames of the source's size: B frames of motion -> (B, 3, H, H) in [0, 1]."""
        pixels = pixel_coordinates(source.size, source.tokens.device).flatten(0, 1)
        pairs = zip(torch.split(motion.keypoints, 1), torch.split(motion.expression, 1), strict=True)
        frames = [self.colours(source, Motion(*pair), pixels, max_pixels) for pair in pairs]
        stacked = torch.stack(frames).view(-1, source.size, source.size, 3)
        return stacked.permute(0, 3, 1, 2).clamp(0, 1)
