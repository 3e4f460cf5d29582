"""Half precision where it is harmless: in layers, not in geometry.

Coordinates, keypoints and flows need more than the eight or eleven bits of bf16 and fp16, so autocast is not put around
whole networks. Every module that owns a matrix or a kernel computes in the lower precision and gives float32 back. Its
weights are cast once, when the networks are loaded.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from baselines._shared.native.fixed import Fixable

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}


def lower_precision(network: nn.Module, precision: str, device: str) -> None:
    """Let the layers of `network`, whose weights are fixed, compute in "fp16" or "bf16" from now on."""
    kind, dtype = torch.device(device).type, DTYPES[precision]
    for module in network.modules():
        if any(parameter.dim() > 1 for parameter in module.parameters(recurse=False)):
            setattr(module, "forward", _lowered(module.forward, dtype, kind))  # noqa: B010 - a method
            if isinstance(module, Fixable) or type(module).__module__.startswith("torch.nn."):
                _cast(module, dtype)


def _cast(module: nn.Module, dtype: torch.dtype) -> None:
    """Store what autocast would cast for every batch as it would cast it."""
    for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
        if tensor.is_floating_point():
            tensor.data = tensor.data.to(dtype)


def _lowered(forward: Callable[..., Any], dtype: torch.dtype, kind: str) -> Callable[..., Any]:
    def lowered(*inputs: Any, **named: Any) -> Any:
        with torch.autocast(kind, dtype=dtype):
            return _float32(forward(*inputs, **named))

    return lowered


def _float32(output: Any) -> Any:
    if isinstance(output, tuple):
        return tuple(_float32(one) for one in output)
    return output.float() if isinstance(output, Tensor) and output.is_floating_point() else output
