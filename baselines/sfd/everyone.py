"""Rows of all processes that train together: what a formula over a batch has to see, as if one process had it all."""

from typing import Any

import torch
from torch import Tensor, distributed


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, rows)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        gradient = gradients[0].clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(gradient)
        return gradient.chunk(distributed.get_world_size())[distributed.get_rank()]


def everyone(rows: Tensor) -> Tensor:
    """(B, ...) of this process -> (W B, ...) of all W, in order of rank; `rows` itself where it is alone.

    Gradients flow back to every process. They are sums over processes, as each computes the same from the whole; where
    gradients of parameters are averaged afterwards, those of one process with the whole batch come out.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return rows
    gathered: Tensor = _Gather.apply(rows.contiguous())
    return gathered
