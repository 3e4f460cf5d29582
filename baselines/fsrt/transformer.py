"""Pre-norm transformer: self-attention, or cross-attention from queries to a set of tokens.

Source: Rochow et al., "FSRT" (CVPR 2024), section 3.1; Sajjadi et al., "Scene Representation Transformer" (CVPR 2022),
appendix A.2. Module names are those of the official checkpoints.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

from torch import Tensor, nn
from torch.nn import functional

HEAD_DIM = 64


class Attended(NamedTuple):
    """What an attention layer looks at; for tokens that stay the same, to be computed once.

    Attributes:
        key: (B, heads, T, 64).
        value: (B, heads, T, 64).
    """

    key: Tensor
    value: Tensor


class Attention(nn.Module):
    """Multi-head attention with 64 channels per head and no bias on queries, keys and values.

    Args:
        dim: Channels of the queries and of the result.
        heads: Number of heads.
        token_dim: Channels of the attended tokens; None for self-attention.
    """

    def __init__(self, dim: int, heads: int, token_dim: int | None = None) -> None:
        super().__init__()
        inner = heads * HEAD_DIM
        self.heads = heads
        if token_dim is None:
            self.to_qkv = nn.Linear(dim, 3 * inner, bias=False)
        else:
            self.to_q = nn.Linear(dim, inner, bias=False)
            self.to_kv = nn.Linear(token_dim, 2 * inner, bias=False)
        self.to_out = nn.Sequential(nn.Linear(inner, dim))

    def attended(self, tokens: Tensor) -> Attended:
        """Keys and values of tokens, (B, T, token_dim), for cross-attention."""
        return Attended(*(self._by_head(part) for part in self.to_kv(tokens).chunk(2, dim=-1)))

    def forward(self, x: Tensor, attended: Attended | None = None) -> Tensor:
        """(B, N, dim), which attends to itself or to what is given -> (B, N, dim)."""
        if attended is None:
            query, *rest = (self._by_head(part) for part in self.to_qkv(x).chunk(3, dim=-1))
            attended = Attended(*rest)
        else:
            query = self._by_head(self.to_q(x))
        mixed = functional.scaled_dot_product_attention(query, *attended)  # (B, heads, N, 64)
        out: Tensor = self.to_out(mixed.transpose(1, 2).flatten(2))
        return out

    def _by_head(self, channels: Tensor) -> Tensor:
        """(B, N, heads * 64) -> (B, heads, N, 64)."""
        return channels.view(*channels.shape[:2], self.heads, HEAD_DIM).transpose(1, 2)


class FeedForward(nn.Module):
    """Two linear layers with exact GELU.

    Args:
        dim: Channels of input and result.
        hidden: Channels in between.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        # positions 2 and 4 are dropout, which the checkpoints' numbering counts
        self.net = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Identity(), nn.Linear(hidden, dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, dim) -> (B, N, dim)."""
        out: Tensor = self.net(x)
        return out


class PreNorm(nn.Module):
    """Layer norm in front of a layer; what is attended to is not normalised.

    Args:
        dim: Channels.
        layer: Attention or feed-forward layer.
    """

    def __init__(self, dim: int, layer: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fn = layer

    def forward(self, x: Tensor, *attended: Attended | None) -> Tensor:
        """(B, N, dim) -> (B, N, dim)."""
        out: Tensor = self.fn(self.norm(x), *attended)
        return out


class Transformer(nn.Module):
    """Residual blocks of attention and feed-forward layer, without a final norm.

    Args:
        dim: Channels of the sequence.
        depth: Number of blocks.
        heads: Attention heads.
        hidden: Channels inside the feed-forward layers.
        token_dim: Channels of the attended tokens; None for self-attention.
    """

    def __init__(self, dim: int, depth: int, heads: int, hidden: int, token_dim: int | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList([PreNorm(dim, Attention(dim, heads, token_dim)), PreNorm(dim, FeedForward(dim, hidden))])
            for _ in range(depth)
        )

    def attended(self, tokens: Tensor) -> list[Attended]:
        """What the blocks of cross-attention look at: one entry for each, from (B, T, token_dim)."""
        attentions = (cast(Attention, block.get_submodule("0.fn")) for block in self.layers)
        return [attention.attended(tokens) for attention in attentions]

    def forward(self, x: Tensor, attended: Sequence[Attended] = ()) -> Tensor:
        """(B, N, dim) -> (B, N, dim): self-attention, or cross-attention to what `attended` gave."""
        each: Sequence[Attended | None] = attended or [None] * len(self.layers)
        for block, seen in zip(self.layers, each, strict=True):
            attention, feed_forward = block.children()
            x = x + attention(x, seen)
            x = x + feed_forward(x)
        return x
