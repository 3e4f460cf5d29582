"""Layers that several PIRenderer networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAK = 0.1
"""Negative slope of every leaky ReLU."""

MODULATION_WIDTH = 128
"""Hidden width of the small network that turns the motion descriptor into gamma and beta."""


def activate(x: Tensor) -> Tensor:
    """Leaky ReLU with the slope of the paper's code."""
    return functional.leaky_relu(x, LEAK)


class ModulatedNorm(nn.Module):
    """Adaptive instance normalisation: the motion descriptor sets scale and shift of every channel."""

    def __init__(self, channels: int, descriptor_channels: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Linear(descriptor_channels, MODULATION_WIDTH), nn.ReLU())
        self.mlp_gamma = nn.Linear(MODULATION_WIDTH, channels)
        self.mlp_beta = nn.Linear(MODULATION_WIDTH, channels)

    def forward(self, x: Tensor, descriptor: Tensor) -> Tensor:
        """x: (B, C, H, W), descriptor: (B, D, 1) -> (B, C, H, W)."""
        hidden = self.mlp_shared(descriptor.flatten(1))  # (B, 128)
        gamma = self.mlp_gamma(hidden)[:, :, None, None]  # (B, C, 1, 1)
        beta = self.mlp_beta(hidden)[:, :, None, None]
        modulated: Tensor = functional.instance_norm(x) * (1 + gamma) + beta
        return modulated


class LayerNorm2d(nn.Module):
    """Normalisation over channels, height and width of a sample together, with a scale and a shift per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return functional.layer_norm(x, x.shape[1:]) * self.weight + self.bias


class ConvNorm(nn.Module):
    """Convolution, layer normalisation, leaky ReLU; size is kept."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 3) -> None:
        super().__init__()
        convolution = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2)
        self.model = nn.Sequential(convolution, LayerNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H, W)."""
        return activate(self.model(x))
