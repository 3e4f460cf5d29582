"""How our PyTorch networks are run: without gradients, in full float32, with deterministic kernels."""

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def exact_inference() -> Iterator[None]:
    """Inside, convolutions on a GPU use deterministic algorithms and no TF32; settings outside are left alone."""
    flags = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), flags:
        yield
