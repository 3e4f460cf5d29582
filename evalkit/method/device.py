"""Whether a GPU can still be used after something went wrong on it.

An illegal address, a failed assertion in a kernel or a memory error leaves a process without its CUDA context: whatever
it does next on that GPU fails, too. Too little memory, or an argument that a library refuses, leaves nothing behind.
"""

import sys

from evalkit.base.world import said_by
from evalkit.errors import DeviceError


def lost_device(error: BaseException) -> DeviceError | None:
    """What to raise instead of `error` when this process has lost a GPU that PyTorch uses; None when all answer."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    for index in range(torch.cuda.device_count()):
        if not torch.cuda.memory_reserved(index):
            continue
        try:
            torch.cuda.synchronize(index)
        except RuntimeError as fault:
            first, began = (said_by(one).partition("\n")[0][:200] for one in (fault, error))
            return DeviceError(
                f"cuda:{index} cannot be used any more by this process ({first}). It began with "
                f"{type(error).__name__}: {began}. Start again: finished pairs are kept."
            )
    return None
