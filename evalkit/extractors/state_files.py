"""Weights of PyTorch networks from state-dict files: no code in the file is run, and every tensor must fit."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from evalkit.errors import WeightsError

Network = TypeVar("Network", bound=nn.Module)


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a state-dict file by name, on the CPU. Raises `WeightsError` for a file that is something else."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen unrelated types for damaged files
        raise WeightsError(f"{path} cannot be read as a PyTorch state dict: {error}") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsError(f"{path}: expected a state dict of tensors, got {type(state).__name__}")
    return {name: value.detach() for name, value in state.items()}


def load_into(network: Network, state: Mapping[str, torch.Tensor], path: Path, device: str = "cpu") -> Network:
    """`network` with these weights, in evaluation mode on `device`; `path` is named in errors.

    Raises `WeightsError` unless names and shapes are exactly those of the network.
    """
    try:
        network.load_state_dict(dict(state))
    except RuntimeError as error:
        raise WeightsError(f"{path} does not fit {type(network).__name__}: {error}") from error
    return network.eval().requires_grad_(False).to(device)
