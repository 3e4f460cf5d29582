"""The five networks of HyperReenact, under the names of their parts, and how they are joined.

Source: Bounareli, Tzelepis, Argyriou, Patras, Tzimiropoulos, "HyperReenact: One-Shot Reenactment via Jointly Learning
to Refine and Retarget Faces" (ICCV 2023).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines._shared.stylegan.generator import Generator
from baselines.hyperreenact.appearance import AppearanceEncoder
from baselines.hyperreenact.blending import Hypernetwork
from baselines.hyperreenact.inversion import InversionEncoder
from baselines.hyperreenact.pose import PoseEncoder
from baselines.hyperreenact.sizes import RELEASED, Sizes

TRUNCATION = 0.7
"""How far the source's latent vectors stay from the mean."""
DRAWN = 4096
"""Random vectors whose mean, after mapping, is the mean latent vector."""


@dataclass(frozen=True)
class Source:
    """What a source picture gives; computed once per clip.

    Attributes:
        latents: (1, styles, style_dim), truncated.
        appearance: (1, C, 7, 7).
    """

    latents: Tensor
    appearance: Tensor


class HyperReenact(nn.Module):
    """All networks.

    Args:
        sizes: of the networks.

    Attributes:
        centre: (1, style_dim), the centre of truncation; None until `find_centre`.
    """

    centre: Tensor | None

    def __init__(self, sizes: Sizes = RELEASED) -> None:
        super().__init__()
        self.hypernet = Hypernetwork(sizes)
        self.decoder = Generator(sizes.side, sizes.style_dim, sizes.mapping, sizes.widths)
        self.pose_encoder = PoseEncoder(sizes)
        self.appearance_encoder = AppearanceEncoder(sizes)
        self.e4e_encoder = InversionEncoder(sizes)
        self.register_buffer("centre", None, persistent=False)

    def find_centre(self) -> None:
        """The mean latent vector of random ones. The official code draws them anew in every run; here they are the same
        every time, drawn on the CPU."""
        random = torch.Generator().manual_seed(0)
        drawn = torch.randn(DRAWN, self.decoder.style_dim, generator=random)
        self.centre = self.decoder.mean(drawn.to(self.decoder.input.input.device))

    def source(self, image: Tensor, matrix: Tensor) -> Source:
        """Read the source.

        Args:
            image: (1, 3, side, side) crop in [-1, 1].
            matrix: (1, 2, 3) of `appearance.crop_matrix`.
        """
        assert self.centre is not None, "find_centre comes first"
        return Source(truncated(self.e4e_encoder(image), self.centre), self.appearance_encoder(image, matrix))

    def animate(self, source: Source, crops: Tensor) -> Tensor:
        """(B, 3, 224, 224) crops of driving faces in [0, 1] -> (B, 3, side, side), about [-1, 1], not clamped."""
        changes = self.hypernet(self.pose_encoder(crops), source.appearance)
        images: Tensor = self.decoder(source.latents.expand(len(crops), -1, -1), changes)
        return images


def truncated(latents: Tensor, mean: Tensor, share: float = TRUNCATION) -> Tensor:
    """(B, styles, style_dim) at `share` of their way from the mean (1, style_dim)."""
    return mean + share * (latents - mean)
