"""A GPU that is not there: tensors without values that refuse to meet those of another device, and count waits.

`FakeTensor` knows shape, dtype and device of every result. An operation on two devices raises; so does whatever needs a
value on the host. What would make a host wait for a real GPU is counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

DEVICE = torch.device("cuda:0")
_WAITS = {
    "_local_scalar_dense": "a value read on the host",
    "_linalg_check_errors": "a check of linear algebra",
    "nonzero": "a size that depends on values",
    "masked_select": "a size that depends on values",
}


class Traffic(TorchDispatchMode):
    """Counts what the host waits for, and copies in either direction."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[str] = Counter()
        self.largest_copy = 0
        """Numbers in the largest tensor that was copied to the device."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if name in _WAITS:
            self.waits[_WAITS[name]] += 1
        elif name in ("_to_copy", "copy_"):
            source = args[1] if name == "copy_" else args[0]
            if source.device != result.device:
                if result.device == DEVICE:
                    self.largest_copy = max(self.largest_copy, result.numel())
                else:
                    self.waits["a copy to the host"] += 1
        return result


@contextmanager
def fake_gpu() -> Iterator[Callable[[Tensor], Tensor]]:
    """Inside, the function yielded makes the fake tensor on the GPU that has the form of a real one.

    cuDNN's own grid sampler has no fake form; without cuDNN PyTorch's takes its place.
    """

    def to_gpu(tensor: Tensor) -> Tensor:
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=DEVICE)

    with FakeTensorMode(), torch.no_grad(), torch.backends.cudnn.flags(enabled=False):
        yield to_gpu


def move(network: nn.Module, to_gpu: Callable[[Tensor], Tensor]) -> None:
    """Put all weights of a network there, in place."""
    for module in network.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                module._parameters[name] = nn.Parameter(to_gpu(parameter), requires_grad=False)
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = to_gpu(buffer)
