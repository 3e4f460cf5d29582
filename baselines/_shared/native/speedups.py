"""What `--channels-last` and `--compile` do to networks. Results differ in rounding only."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig

N = TypeVar("N", bound=nn.Module)
Function = Callable[[Tensor], Tensor]


def store_channels_last(network: N) -> N:
    """Store the kernels of convolutions channel by channel for each position, those of 3-D convolutions too."""
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    for parameter in network.parameters():
        if parameter.dim() in formats:
            parameter.data = parameter.data.contiguous(memory_format=formats[parameter.dim()])
    return network


def to_device(images: Tensor, config: MethodConfig) -> Tensor:
    """(N, C, H, W) images on the device of `config`, stored as it says."""
    layout = torch.channels_last if config.channels_last else torch.contiguous_format
    return images.to(config.device, memory_format=layout)


def compiled(function: Function, config: MethodConfig) -> Function:
    """`function`, through torch.compile when `config` asks for it."""
    return torch.compile(function) if config.compile else function


def untraced(function: Function, config: MethodConfig) -> Function:
    """`function`, which needs values on the host, as a step between two graphs of what `compiled` compiles."""
    if not config.compile:
        return function
    left_out: Function = torch.compiler.disable(function)  # type: ignore[no-untyped-call]
    return left_out


def check_compiler(config: MethodConfig) -> None:
    """Compile one addition. Raises `MethodError` when `config` asks for torch.compile and it does not work here."""
    if not config.compile:
        return
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(1, device=config.device))
    except Exception as error:  # torch raises errors of private modules
        reason = str(error).strip().partition("\n")[0]
        raise MethodError(
            f"--compile: torch.compile does not work here ({reason}). It needs a C++ compiler, such as g++, and on a "
            "GPU Triton. Install what is missing or leave --compile out."
        ) from error
