"""The reference kernel: work that never changes, of the kinds that scoring is made of, to hold other work against."""

import numpy as np

from evalkit.extractors.torch_network import one_thread
from evalkit.runs.speed.workload import Run

VERSION = 1
"""Raised when the work of a kernel changes: ratios to another kernel are never compared."""
_SIDE, _PASSES, _STEPS = 384, 4, 20_000
_GPU_SIDE, _GPU_PASSES = 4096, 8


def kernel_on(device: str) -> Run:
    """The kernel for a torch device; a call has ended when it returns."""
    return _cpu_kernel() if device == "cpu" else _gpu_kernel(device)


def _cpu_kernel() -> Run:
    """Products of matrices on one thread (a network), passes over 4 MB (a metric), steps of Python (a table)."""
    import torch

    chance = np.random.default_rng(0)
    matrix = torch.from_numpy(chance.normal(0, 0.05, (_SIDE, _SIDE)).astype(np.float32))
    pixels = chance.random((1024, 1024), dtype=np.float32)

    def run() -> float:
        product, total = matrix, 0.0
        with one_thread():
            for _ in range(_PASSES):
                product = product @ matrix
        for _ in range(_PASSES):
            total += float(np.sqrt(pixels * pixels + 1.0).mean())
        for step in range(_STEPS):
            total += step & 7
        return total + float(product[0, 0])

    return run


def _gpu_kernel(device: str) -> Run:
    """Products of large matrices."""
    import torch

    matrix = torch.from_numpy(np.random.default_rng(0).normal(0, 0.01, (_GPU_SIDE, _GPU_SIDE)).astype(np.float32))
    matrix = matrix.to(device)

    def run() -> float:
        product = matrix
        for _ in range(_GPU_PASSES):
            product = product @ matrix
        return float(product[0, 0])  # waits for the device

    return run
