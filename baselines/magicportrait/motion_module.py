"""Motion module: attention over the frames of a clip, for every pixel alone.

Source: Guo et al., "AnimateDiff", ICLR 2024; the layout and the names of the parameters are those of its released
modules, which MagicPortrait's checkpoints hold. Attention and feed-forward layers are those of `diffusers`.
"""

import math

import torch
from diffusers.models.attention import FeedForward
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn

from baselines.magicportrait.sizes import UNetSizes

NORM_EPS = 1e-6


class PositionCode(nn.Module):
    """Adds sines (even channels) and cosines (odd ones) of the frame's number, wavelengths 2 pi to 20,000 pi."""

    def __init__(self, width: int, positions: int) -> None:
        super().__init__()
        number = torch.arange(positions).unsqueeze(1)
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
        code = torch.zeros(1, positions, width)
        code[0, :, 0::2] = torch.sin(number * rate)
        code[0, :, 1::2] = torch.cos(number * rate)
        self.pe: Tensor
        self.register_buffer("pe", code)

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, F, C) -> the same. Raises `ValueError` for more frames than there are positions."""
        if tokens.shape[1] > self.pe.shape[1]:
            raise ValueError(f"a window of {tokens.shape[1]} frames, but {self.pe.shape[1]} positions")
        return tokens + self.pe[:, : tokens.shape[1]].to(tokens.dtype)


class TemporalAttention(Attention):  # type: ignore[misc]
    """Self attention over frames whose position is added first."""

    def __init__(self, width: int, sizes: UNetSizes) -> None:
        super().__init__(query_dim=width, heads=sizes.motion_heads, dim_head=width // sizes.motion_heads)
        self.pos_encoder = PositionCode(width, sizes.positions)

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, F, C) -> (N, F, C)."""
        attended: Tensor = super().forward(self.pos_encoder(tokens))
        return attended


class TemporalBlock(nn.Module):
    """Temporal attentions, then a feed-forward layer, each after a LayerNorm and beside a residual."""

    def __init__(self, width: int, sizes: UNetSizes) -> None:
        super().__init__()
        count = sizes.motion_attentions
        self.attention_blocks = nn.ModuleList(TemporalAttention(width, sizes) for _ in range(count))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(count))
        self.ff = FeedForward(width, activation_fn="geglu")
        self.ff_norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(N, F, C) -> (N, F, C)."""
        for attention, norm in zip(self.attention_blocks, self.norms, strict=True):
            tokens = tokens + attention(norm(tokens))
        fed: Tensor = tokens + self.ff(self.ff_norm(tokens))
        return fed


class TemporalTransformer(nn.Module):
    """Normalised per frame, mixed over frames, added."""

    def __init__(self, width: int, sizes: UNetSizes) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(sizes.groups, width, eps=NORM_EPS)
        self.proj_in = nn.Linear(width, width)
        self.transformer_blocks = nn.ModuleList(TemporalBlock(width, sizes) for _ in range(sizes.motion_blocks))
        self.proj_out = nn.Linear(width, width)

    def forward(self, features: Tensor, frames: int) -> Tensor:
        """(B * F, C, h, w) -> the same, F being `frames`."""
        both, channels, height, width = features.shape
        batch = both // frames
        per_frame = self.norm(features).reshape(batch, frames, channels, height * width)
        tokens = self.proj_in(per_frame.permute(0, 3, 1, 2).reshape(batch * height * width, frames, channels))
        for block in self.transformer_blocks:
            tokens = block(tokens)
        mixed = self.proj_out(tokens).reshape(batch, height, width, frames, channels)
        moved: Tensor = features + mixed.permute(0, 3, 4, 1, 2).reshape(features.shape)
        return moved


class MotionModule(nn.Module):
    """What follows a residual block and its attention in the denoising UNet."""

    def __init__(self, width: int, sizes: UNetSizes) -> None:
        super().__init__()
        self.temporal_transformer = TemporalTransformer(width, sizes)

    def forward(self, features: Tensor, frames: int) -> Tensor:
        """(B * F, C, h, w) -> the same, F being `frames`."""
        mixed: Tensor = self.temporal_transformer(features, frames)
        return mixed
