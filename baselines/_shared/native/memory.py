"""The memory of a device: what running out of it looks like, and how many frames fit."""

import torch

OUT_OF_MEMORY = ("CUDNN_STATUS_ALLOC_FAILED", "CUBLAS_STATUS_ALLOC_FAILED", "CUDA out of memory")
"""What libraries say that allocate without PyTorch."""
SHARE = 0.5
"""Of the device's whole memory, for the frames of a batch."""


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error of PyTorch, or of a library it calls, is that memory did not suffice."""
    return isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in OUT_OF_MEMORY)


def free_unused() -> None:
    """Give the memory back that PyTorch keeps for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def frames_that_fit(device: str, held: int, peak: int, frames: int, most: int) -> int:
    """A power of two, at most `most`: how many frames take up to `SHARE` of the device.

    The device's whole memory counts, not what is free, so that the same method has the same batches tomorrow.

    Args:
        device: a CUDA device.
        held: bytes allocated before a batch of `frames`.
        peak: bytes allocated at most during it.
        frames: at least 1.
        most: at least 1.
    """
    each = max(1, peak - held) / frames
    room = SHARE * torch.cuda.get_device_properties(device).total_memory
    fitting = max(1, min(most, int(room / each)))
    return 1 << (fitting.bit_length() - 1)
