"""Sizes of HyperReenact's networks.

Source: Bounareli et al., "HyperReenact" (ICCV 2023), section 3, and the shapes of the official state dicts.
"""

from dataclasses import dataclass, replace

from baselines._shared.stylegan.encoder import FULL, Widths

TUNED = (0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
"""Layers whose kernels change, counted as `baselines._shared.stylegan.generator` does: all but the image heads."""

Stages = tuple[tuple[int, int], ...]
"""(channels, blocks) of each stage of a residual network."""


@dataclass(frozen=True)
class Sizes:
    """As released, unless said otherwise.

    Attributes:
        side: of the pictures, a power of two from 64 up.
        style_dim: length of a latent vector.
        mapping: layers of the mapping network.
        widths: channels of the generator; its widest maps have as many as `residual`.
        residual: stages of the recogniser and of the inversion encoder.
        embedding: length of the recogniser's vector.
        pose: (inner channels, blocks) of the pose encoder's stages, which have four times as many outside.
        regressor: hidden width of the pose encoder's regressor.
        inner: channels inside the blocks of layers that share a hypernetwork, and of the others.
        tuned: layers whose kernels change.
    """

    side: int = 256
    style_dim: int = 512
    mapping: int = 8
    widths: Widths = FULL
    residual: Stages = ((64, 3), (128, 4), (256, 14), (512, 3))
    embedding: int = 512
    pose: Stages = ((64, 3), (128, 4), (256, 6), (512, 3))
    regressor: int = 1024
    inner: tuple[int, int] = (128, 256)
    tuned: tuple[int, ...] = TUNED

    @property
    def blended(self) -> int:
        """Channels of the maps in which appearance and pose meet."""
        return self.residual[-1][0]

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """(channels in, channels out) of every layer of the generator, image heads among them."""
        found = [(self.widths.at(4), self.widths.at(4)), (self.widths.at(4), 3)]
        resolution = 8
        while resolution <= self.side:
            below, here = self.widths.at(resolution // 2), self.widths.at(resolution)
            found += [(below, here), (here, here), (here, 3)]
            resolution *= 2
        return tuple(found)

    def at(self, side: int) -> "Sizes":
        """The same for pictures of another side; smaller ones have fewer layers."""
        sized = replace(self, side=side)
        return replace(sized, tuned=tuple(layer for layer in self.tuned if layer < len(sized.layers)))


RELEASED = Sizes()
TINY = Sizes(
    style_dim=16,
    mapping=2,
    widths=Widths(widest=16, budget=512),
    residual=((8, 1), (8, 1), (16, 1), (16, 1)),
    embedding=16,
    pose=((4, 1), (4, 1), (8, 1), (8, 1)),
    regressor=16,
    inner=(8, 8),
).at(64)
