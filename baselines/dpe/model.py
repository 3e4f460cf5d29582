"""DPE: pose and expression edited one after the other by two flow decoders on a shared latent space.

Source: Pang, Zhang, Quan, Fan, Cun, Shan, Yan, "DPE: Disentanglement of Pose and Expression for General Video Portrait
Editing" (CVPR 2023), built on LIA (Wang et al., ICLR 2022). State-dict keys are those of the official checkpoint (entry
`gen`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from baselines._shared.stylegan.batches import map_frames
from baselines._shared.stylegan.directions import Directions
from baselines._shared.stylegan.encoder import FULL, AppearanceEncoder, Widths
from baselines._shared.stylegan.layers import linear_stack
from baselines._shared.stylegan.synthesis import FlowSynthesis

BLUR_TAPS = (1.0, 3.0, 3.0, 1.0)

Face = Literal["both", "pose", "expression"]


@dataclass(frozen=True)
class Source:
    """What an image to edit gives.

    Attributes:
        vector: (B, style_dim).
        features: maps of 8, 16, ..., size pixels, each (B, C, n, n).
    """

    vector: Tensor
    features: Sequence[Tensor]


class DPE(nn.Module):
    """The whole generator.

    The checkpoint's names `dec_pose`, `mlp_pose` and `dec_exp`, `mlp_exp` look swapped against what the official
    command line calls editing the expression and the pose. `edit_expression` and `edit_pose` follow the command line.

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
        self.enc = nn.ModuleDict({"net_app": AppearanceEncoder(size, style_dim, taps, widths)})
        self.mlp = linear_stack([style_dim] * 5 + [motion_dim])
        self.dir = Directions(style_dim, motion_dim)
        self.mlp_pose = linear_stack([style_dim] * 4)
        self.mlp_exp = linear_stack([style_dim] * 4)
        self.dec_pose = FlowSynthesis(size, style_dim, taps, widths)
        self.dec_exp = FlowSynthesis(size, style_dim, taps, widths)

    def encode(self, images: Tensor) -> Source:
        """Encode images to edit, (B, 3, size, size) in [-1, 1]."""
        return Source(*self.enc["net_app"](images))

    def motion(self, images: Tensor) -> Tensor:
        """(B, 3, size, size) driving frames in [-1, 1] -> (B, motion_dim) magnitudes along the directions."""
        return map_frames(lambda frames: self.mlp(self.encode(frames).vector), images)

    def edit_expression(self, source: Source, motion: Tensor) -> Tensor:
        """Driving expression, source pose: `source` and (B, motion_dim) -> (B, 3, size, size), not clamped."""
        image: Tensor = self.dec_pose(source.vector + self.mlp_pose(self.dir(motion)), source.features)
        return image

    def edit_pose(self, source: Source, motion: Tensor) -> Tensor:
        """Driving pose, source expression: `source` and (B, motion_dim) -> (B, 3, size, size), not clamped."""
        image: Tensor = self.dec_exp(source.vector + self.mlp_exp(self.dir(motion)), source.features)
        return image

    def edit_both(self, source: Source, expression: Tensor, pose: Tensor) -> Tensor:
        """Expression first, then the pose of that unclamped image; (B, motion_dim) each, of one or two drivers."""
        return self.edit_pose(self.encode(self.edit_expression(source, expression)), pose)

    def animate(self, source: Source, motion: Tensor, face: Face = "both", pose: Tensor | None = None) -> Tensor:
        """Generate frames. Motion is absolute; the method has no relative mode.

        Args:
            source: One encoded image (B = 1).
            motion: (B, motion_dim) magnitudes of the driving frames.
            face: What to take from the driving frames.
            pose: (B, motion_dim) of a second driver that gives the pose when `face` is "both"; None for one driver.

        Returns:
            (B, 3, size, size) images, about [-1, 1] but not clamped.

        Raises:
            ValueError: unknown `face`, or a second driver with a single edit.
        """
        if face not in get_args(Face):
            raise ValueError(f"face must be one of {', '.join(get_args(Face))}, got {face!r}")
        if face != "both" and pose is not None:
            raise ValueError(f"a second driver for the pose needs face 'both', got {face!r}")
        if face == "expression":
            return map_frames(lambda rows: self.edit_expression(source, rows), motion)
        if face == "pose":
            return map_frames(lambda rows: self.edit_pose(source, rows), motion)
        drivers = torch.stack((motion, motion if pose is None else pose), dim=1)  # (B, 2, motion_dim)
        return map_frames(lambda rows: self.edit_both(source, rows[:, 0], rows[:, 1]), drivers)
