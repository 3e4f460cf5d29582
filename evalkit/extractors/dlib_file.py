"""Reading the networks that dlib saves: the layers that have weights, from the input to the output.

A `.dat` file is a sequence of fields. A whole number is one byte that counts its bytes (with 0x80 for a negative one),
then these, lowest first; a text is its length as such a number, then its bytes; a tensor is the number 2, its four
sizes, and its float32 values, lowest byte first. A layer begins with its name. Source: dlib 19.24 `serialize.h`,
`cuda/tensor.h` and `dnn/layers.h`.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import WeightsError

_SIZES_BEFORE = {"con_4": 0, "affine_": 0, "fc_2": 2}
"""Layers with weights, and how many numbers stand between their name and their tensor."""
_NAME = re.compile(b"|".join(bytes([1, len(name)]) + b"(%b)" % name.encode() for name in _SIZES_BEFORE))
_NEGATIVE = 0x80


class Layer(NamedTuple):
    """Name of a layer ("con_4", "affine_", "fc_2") and its weights, flat, float32: filters, then biases."""

    name: str
    weights: NDArray[np.float32]


def read_layers(path: Path) -> list[Layer]:
    """The convolutions, affine layers and fully connected layers of a dlib network, the first one applied first.

    Raises `WeightsError` for a file that holds none, or ends in the middle of one.
    """
    data = path.read_bytes()
    layers: list[Layer] = []
    position = 0
    while found := _NAME.search(data, position):
        name = found[found.lastindex or 0].decode()
        try:
            weights, position = _tensor(data, found.end(), _SIZES_BEFORE[name])
        except (IndexError, ValueError) as error:
            raise WeightsError(f"{path}: damaged in layer {len(layers)} ({name}): {error}") from error
        layers.append(Layer(name, weights))
    if not layers:
        raise WeightsError(f"{path} is not a network saved by dlib, or has no known layers.")
    return layers


def _tensor(data: bytes, position: int, skipped: int) -> tuple[NDArray[np.float32], int]:
    numbers = []
    for _ in range(skipped + 5):
        number, position = _number(data, position)
        numbers.append(number)
    version, *sizes = numbers[skipped:]
    count = int(np.prod(sizes))
    if version != 2 or min(sizes) < 0:
        raise ValueError(f"expected a tensor, found version {version} and sizes {sizes}")
    return np.frombuffer(data, "<f4", count, position).astype(np.float32), position + 4 * count


def _number(data: bytes, position: int) -> tuple[int, int]:
    length = data[position] & ~_NEGATIVE
    if length > 8:
        raise ValueError(f"expected a number at byte {position}")
    end = position + 1 + length
    value = int.from_bytes(data[position + 1 : end], "little")
    return (-value if data[position] & _NEGATIVE else value), end
