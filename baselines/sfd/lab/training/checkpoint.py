"""Checkpoints of a training: one safetensors file with networks, optimisers and progress, whole or not there at all."""

import errno
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from torch import Tensor, nn

from baselines.sfd.lab.training.config import Config, differences
from baselines.sfd.model import SFD
from baselines.sfd.weights import TRAINING, read_file, write_file, write_weights
from evalkit.base.files import atomic_path
from evalkit.errors import RunError

LAST = "last.safetensors"
BEST = "best.safetensors"
BEST_BY = "validation/l1"
"""The lowest so far decides which averaged weights are the best."""


@dataclass(frozen=True)
class Progress:
    """How far a training is: steps taken, seconds spent by the clock it goes by, and the lowest `BEST_BY` so far."""

    step: int = 0
    seconds: float = 0.0
    best: float | None = None


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
    facts = {"format": TRAINING, **asdict(progress), "data": data, "split": split, "config": _compared(config)}
    path = folder / LAST
    try:
        write_file(path, tensors, facts)
    except (OSError, SafetensorError) as error:
        full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
        reason = "the disk is full" if full else str(error)
        kept = "the last good checkpoint is kept" if path.is_file() else "there is no earlier one"
        raise RunError(
            f"{path}: the checkpoint of step {progress.step} cannot be written, {reason}; {kept}. "
            "Make room and go on with --resume."
        ) from error
    return path


def keep(last: Path, step: int) -> None:
    """Keep the checkpoint under the name of its step, whatever comes after it."""
    kept = last.with_name(f"step-{step:07d}.safetensors")
    kept.unlink(missing_ok=True)
    try:
        kept.hardlink_to(last)  # the next checkpoint is another file, so this one stays as it is
    except OSError:
        with atomic_path(kept) as temporary:
            shutil.copyfile(last, temporary)


def write_best(folder: Path, model: SFD, progress: Progress, config: Config, data: str, split: str) -> None:
    """Write averaged weights as a weight file."""
    write_weights(folder / BEST, model, {**asdict(progress), "config": _compared(config), "data": data, "split": split})


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
    return Progress(facts["step"], facts["seconds"], facts["best"])


def refuse_other(path: Path, facts: Mapping[str, Any], config: Config, data: str) -> None:
    """Raise `RunError` when the facts of the checkpoint `path` tell of another configuration or other data.

    Settings that did not exist when it was written count as left at their defaults.
    """
    if facts["format"] != TRAINING:
        raise RunError(
            f"{path}: of an earlier evalkit, whose steps were drawn in another way, so it cannot go on. --init takes "
            "its weights for a new training in another --out."
        )
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
