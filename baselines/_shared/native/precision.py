"""Half precision where it is harmless: in layers, not in geometry.

Coordinates, keypoints and flows need more than the eight or eleven bits of bf16 and fp16, so autocast is not put around
whole networks. Every module that owns a matrix or a kernel computes in the lower precision and gives float32 back.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}


def lower_precision(network: nn.Module, precision: str, device: str) -> None:
    """Let the layers of `network` compute in "fp16" or "bf16" from now on; weights stay float32."""
    kind = torch.device(device).type
    for module in network.modules():
        if any(parameter.dim() > 1 for parameter in module.parameters(recurse=False)):
            setattr(module, "forward", _lowered(module.forward, DTYPES[precision], kind))  # noqa: B010 - a method


def _lowered(forward: Callable[..., Any], dtype: torch.dtype, kind: str) -> Callable[..., Any]:
    def lowered(*inputs: Any, **named: Any) -> Any:
        with torch.autocast(kind, dtype=dtype):
            return _float32(forward(*inputs, **named))

    return lowered


def _float32(output: Any) -> Any:
    if isinstance(output, tuple):
        return tuple(_float32(one) for one in output)
    return output.float() if isinstance(output, Tensor) and output.is_floating_point() else output
