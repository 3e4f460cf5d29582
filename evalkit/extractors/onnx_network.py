"""ONNX networks on the CPU, one thread and one row at a time.

Scoring runs one process per core, and bits must depend neither on the number of threads nor on the batch.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import WeightsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

OnnxNetwork: TypeAlias = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
"""(B, ...) float32 -> the outputs in the order of the file."""


def load_onnx(path: Path) -> OnnxNetwork:
    """The network in an ONNX file with one input. Raises `WeightsError` for a file ONNX Runtime cannot read."""
    session = open_session(path)
    if len(session.get_inputs()) != 1:
        raise WeightsError(f"{path}: expected a network with one input, it has {len(session.get_inputs())}")
    given = session.get_inputs()[0]

    def run(batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        rows = [session.run(None, {given.name: batch[i : i + 1]}) for i in range(len(batch))]
        return [np.concatenate(outputs) for outputs in zip(*rows, strict=True)]

    return run


def open_session(path: Path) -> "InferenceSession":
    """ONNX Runtime's session for a file: on the CPU, with one thread. Raises `WeightsError` as `load_onnx` does."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own exceptions share no base class
        raise WeightsError(f"{path} is not a network ONNX Runtime can read: {error}") from error
