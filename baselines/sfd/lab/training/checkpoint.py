"""Checkpoints of a training: one safetensors file with networks, optimisers and progress, whole or not there at all."""

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from torch import Tensor, nn

from baselines.sfd.lab.training.config import Config, differences
from baselines.sfd.weights import TRAINING, read_file, write_file
from evalkit.errors import RunError

LAST = "last.safetensors"


@dataclass(frozen=True)
class Progress:
    """How far a training is: optimisation steps taken and seconds spent, by the clock it goes by."""

    step: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class State:
    """What a checkpoint holds besides progress: networks and optimisers by name.

    Random numbers are no part of it: every step draws from its own stream (`sampling`).
    """

    networks: Mapping[str, nn.Module]
    optimisers: Mapping[str, torch.optim.Optimizer]


def save(folder: Path, state: State, progress: Progress, config: Config, data: str, split: str = "") -> Path:
    """Replace the checkpoint in `folder`. Raises `RunError` when it cannot be written; the old one is then kept."""
    tensors = dict(_network_tensors(state)) | dict(_optimiser_tensors(state))
    facts = {"format": TRAINING, "step": progress.step, "seconds": progress.seconds, "data": data, "split": split}
    path = folder / LAST
    try:
        write_file(path, tensors, facts | {"config": _compared(config)})
    except (OSError, SafetensorError) as error:
        full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
        reason = "the disk is full" if full else str(error)
        kept = "the last good checkpoint is kept" if path.is_file() else "there is no earlier one"
        raise RunError(
            f"{path}: the checkpoint of step {progress.step} cannot be written, {reason}; {kept}. "
            "Make room and go on with --resume."
        ) from error
    return path


def load(path: Path, state: State, config: Config, data: str) -> Progress:
    """Fill networks and optimisers from a checkpoint.

    Raises `MethodError` for a file that is not a checkpoint, and `RunError` for one of another configuration, with the
    differences, or of other data.
    """
    facts, tensors = read_file(path)
    refuse_other(path, facts, config, data)
    for name, network in state.networks.items():
        network.load_state_dict(_under(tensors, f"{name}."))
    for name, optimiser in state.optimisers.items():
        _fill_optimiser(optimiser, _under(tensors, f"optimiser.{name}."))
    return Progress(facts["step"], facts["seconds"])


def refuse_other(path: Path, facts: Mapping[str, Any], config: Config, data: str) -> None:
    """Raise `RunError` when the facts of the checkpoint `path` tell of another configuration or other data.

    Settings that did not exist when it was written count as left at their defaults.
    """
    if changed := differences(_completed(facts["config"]), _compared(config)):
        lines = "\n  ".join(changed)
        raise RunError(
            f"{path}: the configuration has changed since:\n  {lines}\nResume with the old one, or use another --out."
        )
    if facts["data"] != data:
        raise RunError(f"{path}: was trained on other clips. Resume with the same data, or use another --out.")


def _completed(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings of a checkpoint with defaults for later ones; as they are where one of them is no longer known."""
    try:
        return _compared(Config.model_validate(settings))
    except ValidationError:
        return settings


def _compared(config: Config) -> dict[str, Any]:
    """What must not change in a training: all but where it ends and how."""
    return config.model_dump(mode="json", exclude={"steps": True, "optimiser": {"cool_down"}})


def _network_tensors(state: State) -> Iterator[tuple[str, Tensor]]:
    for name, network in state.networks.items():
        for key, value in network.state_dict().items():
            yield f"{name}.{key}", value


def _optimiser_tensors(state: State) -> Iterator[tuple[str, Tensor]]:
    for name, optimiser in state.optimisers.items():
        for number, values in optimiser.state_dict()["state"].items():
            for key, value in values.items():
                yield f"optimiser.{name}.{number}.{key}", value


def _fill_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    content: dict[str, Any] = optimiser.state_dict()
    found: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        found.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({"state": found, "param_groups": content["param_groups"]})


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
