"""How our PyTorch networks are run: without gradients, in full float32, with deterministic kernels, on one CPU thread.

One thread: PyTorch picks other convolution kernels for several, which moves the last bits, and scoring runs one process
per core.
"""

import contextlib
from collections.abc import Iterator

import torch

from evalkit.extractors.torch_network import one_thread


@contextlib.contextmanager
def exact_inference() -> Iterator[None]:
    """Inside, convolutions on a GPU use deterministic algorithms and no TF32; settings outside are left alone."""
    flags = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), flags, one_thread():
        yield
