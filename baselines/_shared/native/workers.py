"""Several frames at once on a CPU: each on a thread of its own that computes alone.

PyTorch's own threads share the work of one frame and wait for each other; frames do not depend on each other. Giving
every core a frame of its own makes the bits of a frame the same on any number of cores, as the kernels that PyTorch
picks depend on how many threads share the work, and most methods faster (docs/decisions/batches.md).
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from evalkit.extractors.torch_network import one_thread


def worker_count(device: str) -> int:
    """Batches at once: on a CPU as many as PyTorch has threads (OMP_NUM_THREADS, set_num_threads), elsewhere 1."""
    return torch.get_num_threads() if torch.device(device).type == "cpu" else 1


def alone(device: str) -> contextlib.AbstractContextManager[None]:
    """On a CPU one thread for whatever PyTorch computes in this block; elsewhere no change."""
    return one_thread() if torch.device(device).type == "cpu" else contextlib.nullcontext()


def side_by_side(function: Callable[[Tensor], Tensor], parts: Sequence[Tensor], workers: int) -> Iterator[Tensor]:
    """The results of `function` for all parts, in order, computed by `workers` threads; one worker is this thread.

    What `function` raises is raised here, in the place of its result. When the iteration ends early, by an error or by
    Ctrl-C, parts that are being computed are waited for, and no other is begun.
    """
    if workers == 1:
        yield from map(function, parts)
        return

    inference = torch.is_inference_mode_enabled()  # holds for this thread only

    def compute(part: Tensor) -> Tensor:
        with torch.inference_mode(inference):
            return function(part)

    with one_thread():  # takes back what the threads of the pool set for the whole process
        pool = ThreadPoolExecutor(workers, "frame", initializer=torch.set_num_threads, initargs=(1,))
        try:
            for future in [pool.submit(compute, part) for part in parts]:
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
