"""Batches of frames, and how networks run over them."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from baselines._shared.native.memory import frames_that_fit, free_unused, is_out_of_memory
from baselines._shared.native.workers import side_by_side
from evalkit.errors import MethodError
from evalkit.extractors.inference import SWITCHES
from evalkit.method.interface import MethodConfig
from evalkit.types import Frames

TRIED = 8
"""Frames of the first batch, from which it is found how many fit."""
MOST = 32
"""Frames of a batch that nobody asked for; larger ones gain little."""
_LOG = logging.getLogger("evalkit")

T = TypeVar("T")
Compute = Callable[[Tensor], Tensor]


class Batches:
    """Runs a function over frames, `size` at a time; where memory is too small, half as many from then on.

    Args:
        size: frames of a batch; None to find out how many fit (`find`).
        workers: batches at once, each on a thread of its own (`workers.side_by_side`).
    """

    def __init__(self, size: int | None, workers: int = 1) -> None:
        self.size = size or TRIED
        self.workers = workers
        self.unknown = size is None

    @property
    def at_once(self) -> int:
        """Frames that keep all workers busy."""
        return self.size * self.workers

    def find(self, function: Compute, items: Tensor, device: str) -> None:
        """Measure a batch of `items` on a CUDA device, throw the result away, and choose the size for good.

        Larger batches are other kernels, so that last digits differ: the size has to be known before the first frame.
        Fewer than `TRIED` items say nothing, and need no other size.
        """
        if len(items) < TRIED:
            return
        self.unknown = False
        before, peak_before = torch.cuda.memory_allocated(device), torch.cuda.max_memory_allocated(device)
        self.map(function, items[:TRIED])
        peak = torch.cuda.max_memory_allocated(device)
        if self.size == TRIED and peak > peak_before:
            self.size = frames_that_fit(device, before, peak, TRIED, MOST)
        _LOG.info("%d frames a batch on %s", self.size, device)

    def map(self, function: Compute, items: Tensor) -> Tensor:
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
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                out_of_memory = True
            else:
                out_of_memory = False
            if out_of_memory:  # outside of the handler, which holds what the failed batch allocated
                self._halve(tried)
        return torch.cat(done)

    def _halve(self, tried: int) -> None:
        if tried == 1:
            raise MethodError("out of memory on the device with a batch of one frame; use another device.")
        self.size = tried // 2
        _LOG.warning("out of memory on the device at %d frames a batch; going on with %d", tried, self.size)
        free_unused()


def retried(function: Callable[[], T]) -> T:
    """The result of `function`, called once more with all unused memory freed when there was too little.

    Raises `MethodError` when there is too little again.
    """
    try:
        return function()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    free_unused()
    try:
        return function()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise MethodError("out of memory on the device while the source was read; use another device.") from error


def batch_size(config: MethodConfig) -> int | None:
    """The option `batch`; None for "auto", which has to be found. On a CPU always 1.

    On a CPU larger batches are slower, and its kernels depend on the batch size, so that results would differ in
    rounding (1.6e-5 measured with TPSM and random weights). Several frames are computed side by side there.

    Raises `MethodError` when the option is neither "auto" nor a positive number.
    """
    text = config.options["batch"]
    if text != "auto" and not (text.isdecimal() and int(text)):
        raise MethodError(f"option batch={text!r}: expected auto or a positive whole number.")
    if torch.device(config.device).type == "cpu":
        return 1
    return None if text == "auto" else int(text)


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
    with torch.inference_mode(), SWITCHES.exact():
        yield
