"""TensorFlow Lite networks on the CPU, with one thread."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import WeightsError
from evalkit.extractors.quiet import quiet_stderr

TfliteNetwork: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def load_tflite(path: Path, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> TfliteNetwork:
    """The network in a file with one input and one output, float32 of these shapes.

    Raises `WeightsError` for any other file.
    """
    from ai_edge_litert.interpreter import Interpreter

    try:
        with quiet_stderr():
            interpreter = Interpreter(model_path=str(path), num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise WeightsError(f"{path} is not a TensorFlow Lite network: {error}") from error
    given, made = interpreter.get_input_details(), interpreter.get_output_details()
    shapes = [(tuple(map(int, one["shape"])), one["dtype"]) for one in (*given, *made)]
    if shapes != [(inputs, np.float32), (outputs, np.float32)]:
        raise WeightsError(f"{path}: expected float32 {inputs} -> {outputs}, the network has {shapes}")

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        interpreter.set_tensor(given[0]["index"], batch)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(made[0]["index"]))

    return run
