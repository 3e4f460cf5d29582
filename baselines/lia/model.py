"""LIA: motion as a walk along learned orthogonal directions in the latent space of an image autoencoder.

Source: Wang, Yang, Bremond, Dantcheva, "Latent Image Animator: Learning to Animate Images via Latent Space Navigation"
(ICLR 2022). State-dict keys are those of the official checkpoints (entry `gen`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from baselines._shared.stylegan.batches import map_frames
from baselines._shared.stylegan.directions import Directions
from baselines._shared.stylegan.encoder import FULL, AppearanceEncoder, Widths
from baselines._shared.stylegan.layers import linear_stack
from baselines._shared.stylegan.synthesis import FlowSynthesis

BLUR_TAPS = (1.0, 3.0, 3.0, 1.0)


@dataclass(frozen=True)
class Source:
    """What a source image gives; computed once per clip.

    Attributes:
        vector: (1, style_dim) appearance and pose of the source, taken to the reference pose by the encoder.
        features: source maps of 8, 16, ..., size pixels, each (1, C, n, n).
        magnitudes: (1, motion_dim) motion of the source along the directions.
    """

    vector: Tensor
    features: Sequence[Tensor]
    magnitudes: Tensor


class Encoder(nn.Module):
    """Appearance encoder and motion head.

    Args:
        size: Side of the square image.
        style_dim: Length of the latent vector.
        motion_dim: Number of motion directions.
        taps: Blur filter.
        widths: Channels per resolution.
    """

    def __init__(self, size: int, style_dim: int, motion_dim: int, taps: Sequence[float], widths: Widths) -> None:
        super().__init__()
        self.net_app = AppearanceEncoder(size, style_dim, taps, widths)
        self.fc = linear_stack([style_dim] * 5 + [motion_dim])


class Decoder(FlowSynthesis):
    """Flow synthesis with the bank of motion directions.

    Args:
        size: Side of the square image.
        style_dim: Length of the latent vector.
        motion_dim: Number of motion directions.
        taps: Blur filter.
        widths: Channels per resolution.
    """

    def __init__(self, size: int, style_dim: int, motion_dim: int, taps: Sequence[float], widths: Widths) -> None:
        super().__init__(size, style_dim, taps, widths)
        self.direction = Directions(style_dim, motion_dim)


class LIA(nn.Module):
    """The whole generator.

    Args:
        size: Side of the square image, a power of two.
        style_dim: Length of the latent vector.
        motion_dim: Number of motion directions.
        taps: Blur filter.
        widths: Channels per resolution.

    Raises:
        ValueError: `size` is not a power of two of at least 8.
    """

    def __init__(
        self,
        size: int = 256,
        style_dim: int = 512,
        motion_dim: int = 20,
        taps: Sequence[float] = BLUR_TAPS,
        widths: Widths = FULL,
    ) -> None:
        super().__init__()
        self.enc = Encoder(size, style_dim, motion_dim, taps, widths)
        self.dec = Decoder(size, style_dim, motion_dim, taps, widths)

    def encode_source(self, image: Tensor) -> Source:
        """Encode the source image, (1, 3, size, size) in [-1, 1]."""
        vector, features = self.enc.net_app(image)
        return Source(vector, features, self.enc.fc(vector))

    def motion(self, images: Tensor) -> Tensor:
        """(B, 3, size, size) driving frames in [-1, 1] -> (B, motion_dim) magnitudes along the directions."""
        return map_frames(lambda frames: self.enc.fc(self.enc.net_app(frames)[0]), images)

    def latent(self, source: Source, driving: Tensor, start: Tensor | None = None) -> Tensor:
        """Latent vectors of the frames to generate.

        Args:
            source: The encoded source.
            driving: (B, motion_dim) magnitudes of the driving frames.
            start: (1, motion_dim) magnitudes of the first driving frame for relative motion; None for absolute.

        Returns:
            (B, style_dim): absolute, source vector + d(driving); relative, source vector + d(source) + d(driving) -
            d(start), with d the sum of directions.
        """
        path: Tensor = self.dec.direction(driving)
        if start is not None:
            path = path - self.dec.direction(start) + self.dec.direction(source.magnitudes)
        return source.vector + path

    def animate(self, source: Source, driving: Tensor, start: Tensor | None = None) -> Tensor:
        """Generate frames; arguments as in `latent`.

        Returns:
            (B, 3, size, size) images, about [-1, 1] but not clamped.
        """
        return map_frames(lambda rows: self.dec(self.latent(source, rows, start), source.features), driving)
