"""GPU memory of processes, as the driver counts it: contexts, networks and what libraries hold back included.

Four calls of the driver's own library (NVML, the C API that nvidia-smi is made of). It names processes by their ids
outside of containers; one of a container with ids of its own is not found.
"""

import ctypes
import functools
from collections.abc import Collection
from typing import Any

_FILE = "libnvidia-ml.so.1"
_SUCCESS, _TOO_SMALL = 0, 7
_UNKNOWN = 2**64 - 1
"""What NVML says where the driver does not count memory by process."""
_MORE = 16
"""Processes may start between the question of how many there are and the one which."""


class _Used(ctypes.Structure):
    """`nvmlProcessInfo_t` of the third version of the call."""

    _fields_ = (
        ("pid", ctypes.c_uint),
        ("bytes", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    )


def gpu_bytes(processes: Collection[int]) -> int | None:
    """Bytes that `processes` hold together on all GPUs; None where none of them is known to hold any."""
    if (nvml := _library()) is None:
        return None
    count = ctypes.c_uint()
    if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != _SUCCESS:
        return None
    found = [one.bytes for index in range(count.value) for one in _using(nvml, index) if one.pid in processes]
    known = [held for held in found if held != _UNKNOWN]
    return sum(known) if known else None


def _using(nvml: Any, index: int) -> list[_Used]:
    """The processes that compute on a GPU; none where it cannot be asked."""
    gpu, count = ctypes.c_void_p(), ctypes.c_uint(0)
    if nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(gpu)) != _SUCCESS:
        return []
    ask = nvml.nvmlDeviceGetComputeRunningProcesses_v3
    if ask(gpu, ctypes.byref(count), None) not in (_SUCCESS, _TOO_SMALL):
        return []
    count.value += _MORE
    found = (_Used * count.value)()
    return list(found[: count.value]) if ask(gpu, ctypes.byref(count), found) == _SUCCESS else []


@functools.cache
def _library() -> Any:
    """NVML, begun; None without a driver, or with one that is older than these calls."""
    try:
        nvml = ctypes.CDLL(_FILE)
        begun = nvml.nvmlInit_v2() == _SUCCESS and bool(nvml.nvmlDeviceGetComputeRunningProcesses_v3)
    except (OSError, AttributeError):
        return None
    return nvml if begun else None
