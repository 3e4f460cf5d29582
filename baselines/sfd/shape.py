"""Sizes of the networks: all that must be known to build them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from baselines._shared.stylegan.encoder import Widths
from baselines.sfd.subspaces import Route


class Shape(BaseModel):
    """Everything that decides which tensors the network has and how they are used.

    Attributes:
        size: side of the square image, a power of two of at least 8.
        style_dim: N, length of a descriptor.
        identity_dim: p, basis vectors of identity; 0 is LIA.
        motion_dim: q, basis vectors of motion.
        head_layers: linear layers of a head of the encoder.
        widths: channels per resolution, of encoder and generator alike.
        taps: blur filter in front of and behind changes of resolution.
        warp_source: move the source itself with the last flow (`baselines.sfd.warp`); without it the generator's image
            is the result, as in LIA.
        paint: the generator's image may show what the source does not (`baselines._shared.stylegan.synthesis`).
        points: heat maps on each of the encoder's maps of 16 and 32 pixels, whose positions are a part of its vector
            (`baselines.sfd.positions`); 0 for none, as in LIA.
        standardise: divide coefficients by their spread over the training frames (`baselines.sfd.standardise`).
        orthonormalise: route to the orthonormal basis.
        window: side of the square in which the network works over that of the face's landmarks
            (`baselines.sfd.window`); 0 for whole frames. Without `warp_source` the image is pasted into it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = 256
    style_dim: int = 512
    identity_dim: int = 20
    motion_dim: int = Field(default=20, ge=1)
    head_layers: int = Field(default=5, ge=1)
    widths: Widths = Widths()
    taps: tuple[float, ...] = (1.0, 3.0, 3.0, 1.0)
    warp_source: bool = True
    paint: bool = False
    points: int = Field(default=0, ge=0)
    standardise: bool = True
    orthonormalise: Route = "qr"
    window: float = Field(default=0, ge=0)

    def as_baseline(self) -> "Shape":
        """The same sizes without an identity subspace."""
        changed: dict[str, Any] = {"identity_dim": 0}
        return self.model_copy(update=changed)
