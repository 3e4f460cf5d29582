"""The state of a training, kept while a network is used in between: mode, gradients, random numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@contextmanager
def untouched(module: "torch.nn.Module") -> Iterator[None]:
    """Inside, `module` is in evaluation mode and nothing records gradients; afterwards all is as it was.

    The mode of every part is put back by itself, because a part may have been frozen. Random numbers of PyTorch, on the
    CPU and every GPU in use, go on where they stood; those of Python and NumPy are kept by `generate`. Tensors made
    inside may be kept by the module and used in training, so this is no inference mode.
    """
    import torch

    modes = {part: part.training for part in module.modules()}
    cuda: Any = torch.cuda  # partly untyped
    devices = range(cuda.device_count()) if cuda.is_initialized() else ()
    with torch.random.fork_rng(devices), torch.no_grad():
        module.eval()
        try:
            yield
        finally:
            for part, mode in modes.items():
                part.training = mode
