"""Batches of frames, and how networks run over them."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from baselines._shared.native.workers import side_by_side
from evalkit.errors import MethodError
from evalkit.method.interface import MethodConfig
from evalkit.types import Frames

AUTO = 8
_LOG = logging.getLogger("evalkit")


class Batches:
    """Runs a function over frames, `size` at a time; where memory is too small, half as many from then on.

    Args:
        size: frames of a batch.
        workers: batches at once, each on a thread of its own (`workers.side_by_side`).
    """

    def __init__(self, size: int, workers: int = 1) -> None:
        self.size = size
        self.workers = workers

    @property
    def at_once(self) -> int:
        """Frames that keep all workers busy."""
        return self.size * self.workers

    def map(self, function: Callable[[Tensor], Tensor], items: Tensor) -> Tensor:
        """Apply `function`, (B, ...) -> (B, ...), to (N, ...); the N results in order, on the CPU.

        Raises `MethodError` when memory does not suffice for a single item.
        """
        done: list[Tensor] = []
        start = 0
        while start < len(items):
            tried = min(self.size, len(items) - start)
            parts = torch.split(items[start:], tried)
            try:
                for part, result in zip(parts, side_by_side(function, parts, self.workers), strict=True):
                    done.append(result.cpu())
                    start += len(part)
            except torch.OutOfMemoryError:
                out_of_memory = True
            else:
                out_of_memory = False
            if out_of_memory:
                self._halve(tried)
        return torch.cat(done)

    def _halve(self, tried: int) -> None:
        if tried == 1:
            raise MethodError("out of memory on the device with a batch of one frame; use another device.")
        self.size = tried // 2
        _LOG.warning("out of memory on the device at %d frames a batch; going on with %d", tried, self.size)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def batch_size(config: MethodConfig) -> int:
    """The option `batch`, "auto" being 8; on a CPU always 1.

    On a CPU larger batches are slower, and its kernels depend on the batch size, so that results would differ in
    rounding (1.6e-5 measured with TPSM and random weights). Several frames are computed side by side there.

    Raises `MethodError` when the option is neither "auto" nor a positive number.
    """
    text = config.options["batch"]
    if text != "auto" and not (text.isdecimal() and int(text)):
        raise MethodError(f"option batch={text!r}: expected auto or a positive whole number.")
    if torch.device(config.device).type == "cpu":
        return 1
    return AUTO if text == "auto" else int(text)


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
def inference() -> Iterator[None]:
    """No gradients and repeatable kernels; float32 is float32 (no TF32)."""
    with (
        torch.inference_mode(),
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
    ):
        yield
