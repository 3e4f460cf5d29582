"""Batches of frames, and the precision they are computed in."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from evalkit.adapter import MethodConfig
from evalkit.errors import MethodError
from evalkit.types import Frames

AUTO_ON_GPU = 8
_DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}
_LOG = logging.getLogger("evalkit")


class Batches:
    """Runs a function over frames, `size` at a time; where memory is too small, half as many from then on."""

    def __init__(self, size: int) -> None:
        self.size = size

    def map(self, function: Callable[[Tensor], Tensor], items: Tensor) -> Tensor:
        """Apply `function`, (B, ...) -> (B, ...), to (N, ...); the N results in order, on the CPU.

        Raises `MethodError` when memory does not suffice for a single item.
        """
        done: list[Tensor] = []
        start = 0
        while start < len(items):
            part = items[start : start + self.size]
            try:
                done.append(function(part).cpu())
            except torch.OutOfMemoryError:
                out_of_memory = True
            else:
                out_of_memory = False
                start += len(part)
            if out_of_memory:
                self._halve(len(part))
        return torch.cat(done)

    def _halve(self, tried: int) -> None:
        if tried == 1:
            raise MethodError("out of memory on the device with a batch of one frame; use another device.")
        self.size = tried // 2
        _LOG.warning("out of memory on the device at %d frames a batch; going on with %d", tried, self.size)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def batch_size(config: MethodConfig) -> int:
    """The option `batch`; "auto" is 1 on a CPU, where larger batches are slower and round differently, else 8.

    Raises `MethodError` when it is neither "auto" nor a positive number.
    """
    text = config.options["batch"]
    if text == "auto":
        return 1 if torch.device(config.device).type == "cpu" else AUTO_ON_GPU
    if not text.isdecimal() or not int(text):
        raise MethodError(f"option batch={text!r}: expected auto or a positive whole number.")
    return int(text)


def regrouped(chunks: Iterable[Frames], least: int) -> Iterator[Frames]:
    """The same frames in chunks of at least `least` (but for the last), so that batches can be filled."""
    held: list[Frames] = []
    for chunk in chunks:
        held.append(chunk)
        if sum(len(part) for part in held) >= least:
            yield held[0] if len(held) == 1 else np.concatenate(held)
            held = []
    if held:
        yield np.concatenate(held)


@contextlib.contextmanager
def inference(config: MethodConfig) -> Iterator[None]:
    """No gradients, repeatable kernels, and the precision of `config`.

    fp32 is full float32 (no TF32). fp16 and bf16 let torch choose per operation (autocast); weights stay float32.
    """
    kind = torch.device(config.device).type
    dtype = _DTYPES.get(config.precision)
    with (
        torch.inference_mode(),
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
        torch.autocast(kind, dtype=dtype, enabled=dtype is not None),
    ):
        yield


@contextlib.contextmanager
def float32(tensor: Tensor) -> Iterator[None]:
    """Geometry that half precision would spoil: autocast is off on the tensor's device."""
    with torch.autocast(tensor.device.type, enabled=False):
        yield
