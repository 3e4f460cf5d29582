"""Query decoder: the colour of a pixel from the source's tokens, driving keypoints and driving expression.

Source: Rochow et al., "FSRT" (CVPR 2024), section 3.1 (decoder) and 4.2 (small decoder).
"""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from baselines.fsrt.encoder import TOKEN_DIM
from baselines.fsrt.encoding import Encoding
from baselines.fsrt.transformer import Attended, Transformer

QUERY_HIDDEN = 720


def relu_mlp(widths: list[int]) -> nn.Sequential:
    """Linear layers with ReLU in between, `widths[0] -> widths[1] -> ...`."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class AllocationTransformer(nn.Module):
    """Mixes the query and lets it attend to the tokens.

    Args:
        query_dim: Channels of the query.
        num_att_blocks: Cross-attention blocks.
        heads: Attention heads.
        hidden: Channels inside the feed-forward layers.
    """

    def __init__(self, query_dim: int, num_att_blocks: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.input_mlp = relu_mlp([query_dim, QUERY_HIDDEN, query_dim])
        self.transformer = Transformer(query_dim, num_att_blocks, heads, hidden, token_dim=TOKEN_DIM)

    def forward(self, query: Tensor, attended: Sequence[Attended]) -> Tensor:
        """(B, N, query_dim) and what `transformer.attended` gave of the tokens -> (B, N, query_dim)."""
        out: Tensor = self.transformer(self.input_mlp(query), attended)
        return out


class QueryDecoder(nn.Module):
    """Cross-attention and render MLP; every pixel is independent of the others.

    Args:
        encoding: Sizes of the codes.
        num_att_blocks: Cross-attention blocks.
        small: The smaller decoder of the ablation.
    """

    def __init__(self, encoding: Encoding | None = None, num_att_blocks: int = 2, small: bool = False) -> None:
        super().__init__()
        self.encoding = encoding or Encoding()
        dim = self.encoding.positional_size + self.encoding.expression_size
        heads, hidden = (6, 768) if small else (12, 1536)
        self.allocation_transformer = AllocationTransformer(dim, num_att_blocks, heads, hidden)
        self.render_mlp = relu_mlp([dim, 1536, 768, 3] if small else [dim, 1536, 1536, 1536, 1536, 3])

    def queries(self, pixels: Tensor, keypoints: Tensor, expression: Tensor) -> Tensor:
        """(N, 2), (B, K, 2) and (B, expression_size) -> (B, N, query_dim)."""
        position = self.encoding.positional(keypoints, pixels)
        return torch.cat((position, expression[:, None].expand(-1, len(pixels), -1)), dim=-1)

    def attended(self, tokens: Tensor) -> list[Attended]:
        """What the decoder needs of the (B, T, 768) tokens of a source, to be computed once."""
        return self.allocation_transformer.transformer.attended(tokens)

    def forward(self, attended: Sequence[Attended], pixels: Tensor, keypoints: Tensor, expression: Tensor) -> Tensor:
        """Colours of some pixels.

        Args:
            attended: of the source.
            pixels: (N, 2) coordinates as of `pixel_coordinates`.
            keypoints: (B, K, 2) of the frame to generate.
            expression: (B, expression_size) of the driving frame.

        Returns:
            (B, N, 3) RGB, about [0, 1] but not clamped.
        """
        query = self.queries(pixels, keypoints, expression)
        colours: Tensor = self.render_mlp(self.allocation_transformer(query, attended))
        return colours
