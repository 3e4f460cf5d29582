"""SFD: a face is an identity descriptor plus a motion descriptor, and the sum drives a flow-based generator.

Source: Zhu et al., "Learning Semantic Facial Descriptors for Accurate Face Animation", section II. The paper builds on
LIA (Wang et al., ICLR 2022); encoder blocks and generator are LIA's. There is no public code; what the paper leaves
open is decided in docs/decisions/sfd.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines._shared.stylegan.encoder import AppearanceEncoder
from baselines._shared.stylegan.layers import linear_stack
from baselines._shared.stylegan.synthesis import FlowSynthesis, Scale, ToFlow
from baselines.sfd.positions import Positions
from baselines.sfd.shape import Shape
from baselines.sfd.standardise import Standardise
from baselines.sfd.subspaces import Subspaces
from baselines.sfd.warp import framed, pasted, picture, resized_image
from baselines.sfd.window import Window

POSITION_MAPS = (16, 32)
"""Sides of the feature maps under which positions are found."""


@dataclass(frozen=True)
class Face:
    """The output of the encoder for B images.

    Attributes:
        identity: w_id (B, N).
        motion: w_m (B, N).
        features: x^enc, maps of 8, 16, ..., size pixels, each (B, C, n, n).
    """

    identity: Tensor
    motion: Tensor
    features: Sequence[Tensor]

    def rows(self, start: int, stop: int) -> "Face":
        """The images from `start` to `stop`."""
        features = [feature[start:stop] for feature in self.features]
        return Face(self.identity[start:stop], self.motion[start:stop], features)


@dataclass(frozen=True)
class Animated:
    """What a training pass gives for B pairs.

    Attributes:
        generated: (B, 3, size, size), about [-1, 1] but not clamped.
        painted: LIA's image, of the same shape: what is seen where the mask is closed, and `generated` itself without
            `Shape.warp_source`.
        source, driving: the output of the encoder for both.
    """

    generated: Tensor
    painted: Tensor
    source: Face
    driving: Face


class Encoder(nn.Module):
    """E: an image to coefficients of both subspaces and to feature maps.

    Args:
        shape: Sizes of the networks.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.appearance = AppearanceEncoder(shape.size, shape.style_dim, shape.taps, shape.widths)
        channels = [shape.widths.at(side) for side in POSITION_MAPS]
        self.positions = Positions(channels, shape.points, shape.style_dim) if shape.points else None
        layers = [shape.style_dim] * shape.head_layers
        self.identity = linear_stack([*layers, shape.identity_dim]) if shape.identity_dim else None
        self.motion = linear_stack([*layers, shape.motion_dim])
        counts = (shape.identity_dim or shape.style_dim, shape.motion_dim)
        self.scale_id, self.scale_m = (_scale(shape, count) for count in counts)

    def forward(self, images: Tensor, learn: bool = False) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Encode images.

        Args:
            images: (B, 3, size, size) in [-1, 1].
            learn: take these images into the statistics of the coefficients.

        Returns:
            a_id (B, p), b_m (B, q) and the feature maps, smallest first. Without an identity subspace the first is the
            appearance vector (B, N) itself.
        """
        vector, features = self.appearance(images)  # (B, N)
        if self.positions is not None:
            vector = vector + self.positions([f for f in features if f.shape[-1] in POSITION_MAPS], learn)
        a_id = vector if self.identity is None else self.identity(vector)
        b_m = self.motion(vector)
        if self.scale_id is not None and self.scale_m is not None:
            a_id, b_m = self.scale_id(a_id, learn), self.scale_m(b_m, learn)
        return a_id, b_m, features


def _scale(shape: Shape, coefficients: int) -> Standardise | None:
    """Such that the elements of F, the sum of two descriptors, have unit variance, as latents of StyleGAN do."""
    return Standardise(coefficients, math.sqrt(shape.style_dim / coefficients / 2)) if shape.standardise else None


class SFD(nn.Module):
    """Encoder, subspaces and generator.

    With `identity_dim` 0 this is LIA: the source's vector plus a walk along motion directions.

    Args:
        shape: Sizes of the networks.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape)
        self.subspaces = Subspaces(shape.style_dim, shape.identity_dim, shape.motion_dim, shape.orthonormalise)
        self.generator = FlowSynthesis(shape.size, shape.style_dim, shape.taps, shape.widths, shape.paint)

    def start_still(self, mask: float) -> None:
        """Begin with flows that leave the source as it is; LIA's random ones scramble it.

        Masks add up from scale to scale, so only the last one is opened, to the sigmoid of `mask`. If every mask starts
        open, their sum is 1 - 6e-6, and the painting branch gets no gradient.
        """
        heads = [head for head in self.generator.to_flows if isinstance(head, ToFlow)]
        for head in heads:
            nn.init.zeros_(head.conv.weight)
        nn.init.constant_(heads[-1].bias[:, 2:], mask)

    def describe(self, images: Tensor, learn: bool = False) -> Face:
        """Descriptors and features of images; arguments as of `Encoder.forward`."""
        a_id, b_m, features = self.encoder(images, learn)  # (B, p), (B, q)
        x_id, y_m = self.subspaces.bases()  # (p, N), (q, N)
        w_id = a_id if self.shape.identity_dim == 0 else a_id @ x_id
        return Face(w_id, b_m @ y_m, features)

    def generate(self, source: Face, motion: Tensor, picture_of_source: Tensor, window: Window | None = None) -> Tensor:
        """Generate images: the source's identity and features, moved by motion descriptors.

        Args:
            source: B described images, or one for all of `motion`.
            motion: w_m (B, N).
            picture_of_source: (B or 1, 3, m, m) in [-1, 1], the source at the size wanted.
            window: of it, that `source` was described from; None when that was the whole picture.

        Returns:
            (B, 3, m, m), about [-1, 1] but not clamped.
        """
        picture_of_source = picture_of_source.expand(len(motion), -1, -1, -1)
        last = self._last_scale(source, motion)
        if window is None:
            return self.finish(last, picture_of_source)
        return (framed if self.shape.warp_source else pasted)(last, picture_of_source, window)

    def _last_scale(self, source: Face, motion: Tensor) -> Scale:
        *_, last = self.generator.scales(source.identity + motion, source.features)  # F = w_id + w_m, (B, N)
        return last

    def finish(self, last: Scale, source: Tensor) -> Tensor:
        """The picture from the last scale; see `warp.picture`. LIA's own image, resized, when `warp_source` is off."""
        if self.shape.warp_source:
            return picture(last, source)
        return resized_image(last, source.shape[-1])

    def forward(self, source: Tensor, driving: Tensor) -> Animated:
        """Training pass over (B, 3, size, size) sources and driving frames."""
        faces = self.describe(torch.cat((source, driving)), learn=self.training)  # one pass over 2B images
        of_source, of_driving = faces.rows(0, len(source)), faces.rows(len(source), 2 * len(source))
        last = self._last_scale(of_source, of_driving.motion)
        return Animated(self.finish(last, source), last.image, of_source, of_driving)
