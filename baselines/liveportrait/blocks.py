"""Convolution blocks that several LivePortrait networks share."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class ConvNorm2d(nn.Module):
    """3x3 convolution and batch norm, size kept; the caller activates."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H, W)."""
        normalised: Tensor = self.norm(self.conv(x))
        return normalised


class ConvNorm3d(nn.Module):
    """3x3x3 convolution and batch norm, size kept; the caller activates."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(in_channels, out_channels, 3, padding=1)
        self.norm = nn.BatchNorm3d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, D, H, W) -> (B, C', D, H, W)."""
        normalised: Tensor = self.norm(self.conv(x))
        return normalised


class ResBlock3d(nn.Module):
    """Pre-activation residual block on a feature volume."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv3d(channels, channels, 3, padding=1)
        self.norm1 = nn.BatchNorm3d(channels)
        self.norm2 = nn.BatchNorm3d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, D, H, W) -> (B, C, D, H, W)."""
        branch = self.conv1(functional.relu(self.norm1(x)))
        branch = self.conv2(functional.relu(self.norm2(branch)))
        total: Tensor = x + branch
        return total


def widths(base: int, limit: int, levels: int) -> list[int]:
    """Channels at full size and after each of `levels` halvings: doubled every time up to `limit`."""
    return [min(base * 2**level, limit) for level in range(levels + 1)]
