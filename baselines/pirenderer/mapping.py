"""Mapping network: a window of motion coefficients -> one motion descriptor."""

from __future__ import annotations

from torch import Tensor, nn

from baselines.pirenderer.blocks import LEAK

CROP = 3
"""Frames that one step loses on each side: kernel 3, dilation 3, no padding."""


class MappingNet(nn.Module):
    """Temporal convolutions without padding that shrink the window 27 -> 21 -> 15 -> 9 -> 3, then a mean over time.

    Args:
        coeff_nc: motion coefficients per frame.
        descriptor_nc: channels of the descriptor.
        layer: number of residual steps.
    """

    def __init__(self, coeff_nc: int, descriptor_nc: int, layer: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv1d(coeff_nc, descriptor_nc, 7))
        self.steps = layer
        for step in range(layer):
            # Numbered attributes, because the official checkpoint names them so.
            convolution = nn.Conv1d(descriptor_nc, descriptor_nc, 3, dilation=CROP)
            self.add_module(f"encoder{step}", nn.Sequential(nn.LeakyReLU(LEAK), convolution))

    def forward(self, window: Tensor) -> Tensor:
        """Describe the motion at the middle of each window.

        Args:
            window: (B, coeff_nc, T) coefficients; T >= 7 + 6 * layer; the released model takes 27.

        Returns:
            (B, descriptor_nc, 1).
        """
        x = self.first(window)  # (B, D, T - 6)
        for step in range(self.steps):
            x = self.get_submodule(f"encoder{step}")(x) + x[:, :, CROP:-CROP]  # (B, D, T - 12 - 6 * step)
        mean: Tensor = x.mean(dim=2, keepdim=True)
        return mean
