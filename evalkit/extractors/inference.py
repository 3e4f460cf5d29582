"""How our PyTorch networks are run: without gradients, in full float32, with deterministic kernels, on one CPU thread.

One thread: PyTorch picks other convolution kernels for several, which moves the last bits, and scoring runs one process
per core.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

import torch

from evalkit.extractors.torch_network import one_thread


class KernelSwitches:
    """cuDNN's switches, which belong to the process: exact for as long as any thread is inside a block.

    A method and a scoring network may run in two threads. Were each to put back what it found, the one that leaves
    first would take determinism from the other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._found = contextlib.ExitStack()
        self._entered: Counter[int] = Counter()

    @contextlib.contextmanager
    def exact(self) -> Iterator[None]:
        """Deterministic algorithms and no TF32; when the last thread leaves, the switches are as the first found them.

        Every thread that enters sets them again, since code of methods may have changed them.
        """
        cudnn = torch.backends.cudnn
        with self._lock:
            if self._inside == 0:
                flags = cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
                self._found.enter_context(flags)
            else:
                cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = True, False, True, False
            self._inside += 1
            self._entered[threading.get_ident()] += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._inside == 0:
                    self._found.close()

    def entered_by_others(self) -> int:
        """How often other threads than the caller's have entered: when it changes, networks of theirs ran."""
        with self._lock:
            return sum(self._entered.values()) - self._entered[threading.get_ident()]


SWITCHES = KernelSwitches()
"""Those of this process."""


@contextlib.contextmanager
def exact_inference() -> Iterator[None]:
    """Inside, convolutions on a GPU use deterministic algorithms and no TF32; settings outside are left alone."""
    with torch.inference_mode(), SWITCHES.exact(), one_thread():
        yield
