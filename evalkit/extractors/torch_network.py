"""Loading checkpoints into torch networks, safely and strictly."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import WeightsError

if TYPE_CHECKING:
    from torch import nn


def read_checkpoint(path: Path) -> Any:
    """What a torch checkpoint holds, loaded without running any code of its own. Raises `WeightsError`."""
    import pickle

    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path} is not a torch checkpoint of plain tensors: {error}") from error


def load_state(network: "nn.Module", path: Path, *, entry: str | None = None, prefix: str = "") -> None:
    """Fill `network` from a checkpoint, every key accounted for, and put it into inference mode.

    `entry` is the key of the state dict in the checkpoint, `prefix` is taken off its names.
    Raises `WeightsError` for a checkpoint of another network.
    """
    content = read_checkpoint(path)
    state = content.get(entry) if entry and isinstance(content, Mapping) else content
    if not isinstance(state, Mapping):
        raise WeightsError(f"{path}: expected a state dict" + (f" under {entry!r}" if entry else ""))
    try:
        network.load_state_dict({name.removeprefix(prefix): tensor for name, tensor in state.items()})
    except RuntimeError as error:
        raise WeightsError(f"{path} does not fit {type(network).__name__}: {error}") from error
    network.eval().requires_grad_(False)


def load_script(path: Path) -> Any:
    """The network in a TorchScript file, in inference mode. PyTorch deprecates the format, the files remain.

    Raises `WeightsError` for any other file.
    """
    import torch

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`torch\.jit\.load` is deprecated", FutureWarning)
            return torch.jit.load(str(path), map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        raise WeightsError(f"{path} is not a TorchScript network: {error}") from error


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one CPU thread in this block: small networks gain nothing from more, and bits stay the same."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
