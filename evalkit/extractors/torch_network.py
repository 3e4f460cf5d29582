"""Loading checkpoints into torch networks, safely and strictly."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from evalkit.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

N = TypeVar("N", bound="nn.Module")


def read_checkpoint(path: Path) -> Any:
    """What a torch checkpoint holds, loaded without running any code of its own. Raises `WeightsError`."""
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen unrelated types for damaged files
        raise WeightsError(f"{path} is not a torch checkpoint of plain tensors: {error}") from error


def read_state(path: Path, *, entry: str | None = None, prefix: str = "") -> dict[str, "Tensor"]:
    """The tensors of a state dict by name, on the CPU.

    `entry` is its key in the checkpoint, `prefix` is taken off the names. Raises `WeightsError` for anything else.
    """
    import torch

    content = read_checkpoint(path)
    state = content.get(entry) if entry and isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        where = f" under {entry!r}" if entry else ""
        raise WeightsError(f"{path}: expected a state dict of tensors{where}, got {type(state).__name__}")
    return {name.removeprefix(prefix): value.detach() for name, value in state.items()}


def load_into(network: N, state: Mapping[str, "Tensor"], path: Path, device: str = "cpu") -> N:
    """`network` with these weights, in evaluation mode on `device`; `path` is named in errors.

    Raises `WeightsError` unless names and shapes are exactly those of the network.
    """
    try:
        network.load_state_dict(dict(state))
    except RuntimeError as error:
        raise WeightsError(f"{path} does not fit {type(network).__name__}: {error}") from error
    return network.eval().requires_grad_(False).to(device)


def load_state(network: N, path: Path, *, entry: str | None = None, prefix: str = "") -> N:
    """`read_state`, then `load_into`. Raises `WeightsError` for a checkpoint of another network."""
    return load_into(network, read_state(path, entry=entry, prefix=prefix), path)


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
