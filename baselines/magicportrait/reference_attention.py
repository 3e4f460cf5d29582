"""Reference attention: the denoising UNet looks at the source through the self attentions of the reference UNet.

Every self attention of the reference UNet leaves its input, tokens after the first LayerNorm of their block, in a bank.
The self attention of the same name in the denoising UNet then takes keys and values from its own tokens and from those
of the bank. Source: Hu et al., "Animate Anyone", CVPR 2024; MagicPortrait, section III-C. The paper writes of an
addition of hidden states; the released code concatenates tokens, and so do we.

The released code hands the bank over in float16 whatever the networks compute in, which is part of its numbers.
"""

from collections.abc import Mapping

import torch
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn
from torch.nn import functional

Bank = Mapping[str, Tensor]
"""Name of a transformer block -> (1, tokens, channels) float16."""

_SELF = "attn1"


class Remember:
    """Attention processor of the reference UNet: plain self attention that keeps its input in `kept`."""

    def __init__(self) -> None:
        self.kept: Tensor | None = None

    def __call__(self, attention: Attention, tokens: Tensor, *unused: object, **names: object) -> Tensor:
        """(1, N, C) -> (1, N, C)."""
        self.kept = tokens.half()
        return attend(attention, tokens, tokens)


class Recall:
    """Attention processor of the denoising UNet.

    `reference` holds (1, M, C) tokens that the last `guided` items of the batch also look at; None: nobody does.
    """

    def __init__(self) -> None:
        self.reference: Tensor | None = None
        self.guided = 0

    def __call__(self, attention: Attention, tokens: Tensor, *unused: object, **names: object) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        if self.reference is None:
            return attend(attention, tokens, tokens)
        alone, guided = tokens[: -self.guided], tokens[-self.guided :]
        known = self.reference.to(tokens.dtype).expand(len(guided), -1, -1)
        both = attend(attention, guided, torch.cat([guided, known], dim=1))
        return torch.cat([attend(attention, alone, alone), both]) if len(alone) else both


def attend(attention: Attention, queries: Tensor, context: Tensor) -> Tensor:
    """The attention of (B, N, C) queries over (B, M, C) context, with the projections of `attention`."""

    def heads(tokens: Tensor) -> Tensor:
        return tokens.reshape(*tokens.shape[:2], attention.heads, -1).transpose(1, 2)

    attended = functional.scaled_dot_product_attention(
        heads(attention.to_q(queries)), heads(attention.to_k(context)), heads(attention.to_v(context))
    )
    projected: Tensor = attention.to_out[0](attended.transpose(1, 2).flatten(2))
    return projected


def self_attentions(network: nn.Module) -> dict[str, Attention]:
    """The self attentions of the spatial transformers, by the names of their blocks; motion modules have others."""
    found = {}
    for name, module in network.named_modules():
        block, _, last = name.rpartition(".")
        if last == _SELF:
            found[block] = module
    return found
