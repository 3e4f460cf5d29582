"""What a network computed on the way: outputs of its submodules, and the leading channels a fixture stores of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from torch import Tensor, nn

_LEADING_CHANNELS = re.compile(r"^(?P<name>.+)_first(?P<count>\d+)ch$")


@contextmanager
def recorded(module: nn.Module, paths: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Collect the outputs of submodules while the block runs.

    Args:
        module: network that will be called inside the block.
        paths: name to give -> dotted path of the submodule (`nn.Module.get_submodule`); empty for itself.

    Yields:
        A dictionary that holds, after each call, the newest output of every submodule by its given name.
    """
    values: dict[str, Any] = {}

    def keep(name: str, output: object) -> None:
        values[name] = output

    handles = [
        module.get_submodule(path).register_forward_hook(lambda _module, _inputs, output, name=name: keep(name, output))
        for name, path in paths.items()
    ]
    try:
        yield values
    finally:
        for handle in handles:
            handle.remove()


def as_stored(values: Mapping[str, Tensor], names: Iterable[str]) -> dict[str, np.ndarray]:
    """Shape tensors as a fixture stores them.

    Args:
        values: tensors by their plain name, channels in dimension 1.
        names: names in `io.npz`; `x_first4ch` asks for the first 4 channels of `x`, any other name for `x` itself.

    Returns:
        The arrays of those `names` that are in `values`.
    """
    stored: dict[str, np.ndarray] = {}
    for name in names:
        match = _LEADING_CHANNELS.match(name)
        plain = match["name"] if match else name
        if plain in values:
            value = values[plain][:, : int(match["count"])] if match else values[plain]
            stored[name] = value.detach().cpu().numpy()
    return stored
