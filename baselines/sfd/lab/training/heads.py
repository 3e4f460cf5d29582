"""Networks that judge descriptors during training: the identity eraser and the identity classifier.

Source: Zhu et al., section II-B2 (eq. 4) and II-C2; gradient reversal: Ganin and Lempitsky (2015).
"""

from typing import Any

import torch
from torch import Tensor, nn

from baselines._shared.stylegan.layers import EqualLinear


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: float) -> Tensor:
        ctx.weight = weight
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.weight * gradients[0], None


def reverse_gradient(x: Tensor, weight: float) -> Tensor:
    """`x` itself; its gradient is multiplied by -`weight` on the way back."""
    reversed_: Tensor = _Reversal.apply(x, weight)
    return reversed_


def eraser(dim: int, width: int, identities: int) -> nn.Sequential:
    """D_id, eq. 4: a 3-layer MLP that tries to tell the identity from a motion descriptor, (B, dim) -> (B, C)."""
    layers = EqualLinear(dim, width), EqualLinear(width, width), EqualLinear(width, identities)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


def classifier(dim: int, layers: int, identities: int) -> nn.Sequential:
    """C_id: the identity from an identity descriptor, (B, dim) -> (B, C); layers before the last have a ReLU."""
    hidden = [module for _ in range(layers - 1) for module in (EqualLinear(dim, dim), nn.ReLU())]
    return nn.Sequential(*hidden, EqualLinear(dim, identities))
