"""The stages of the ablation on disk: a folder each, trained by `lab.train` to one goal, then exported."""

import argparse
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.sfd.export import export
from baselines.sfd.lab.train import config_of, train
from baselines.sfd.lab.training.checkpoint import LAST, Progress, refuse_other
from baselines.sfd.lab.training.config import Config, Stage
from baselines.sfd.lab.training.processes import Processes
from baselines.sfd.weights import read_file
from evalkit.errors import RunError

WEIGHTS = "averaged.safetensors"
_LOG = logging.getLogger("evalkit")


@dataclass(frozen=True)
class StageFolder:
    """A stage with its folder, `<out>/<stage>`, as `baselines.sfd.lab.train --out` fills it."""

    stage: Stage
    path: Path

    @property
    def checkpoint(self) -> Path:
        """The training's."""
        return self.path / LAST

    @property
    def weights(self) -> Path:
        """The averaged weights, exported when the training has come to its end."""
        return self.path / WEIGHTS


def refuse_other_trainings(folders: Iterable[StageFolder], given: argparse.Namespace, data: str | None) -> None:
    """Raise `RunError`, with the difference, for a stage trained with another configuration or on other data.

    Args:
        folders: of the stages; those without a checkpoint are skipped.
        given: options of `baselines.sfd.lab.train`.
        data: digest of the corpus; None when all stages need only be alike.
    """
    for folder in folders:
        if folder.checkpoint.is_file():
            facts = _facts(folder.checkpoint)
            data = data or facts["data"]
            refuse_other(folder.checkpoint, facts, config_of(_asked(folder, given)), data)


def train_stage(folder: StageFolder, given: argparse.Namespace) -> Progress:
    """Train a stage to its goal, or from where it was stopped; nothing is done for one that is there already.

    Raises `EvalkitError` for what ends a training; the last good checkpoint is then kept.
    """
    asked = _asked(folder, given)
    config, there = config_of(asked), progress_of(folder.checkpoint)
    if reached(there, config, given.max_minutes):
        _LOG.info("%s: trained already, %d steps", folder.path, there.step)
        return there
    _LOG.info("%s: training from step %d", folder.path, there.step)
    return train(asked, Processes())


def export_stage(folder: StageFolder, progress: Progress, given: argparse.Namespace) -> None:
    """Write the averaged weights. Raises `RunError` for a training that was interrupted before its goal."""
    if not reached(progress, config_of(_asked(folder, given)), given.max_minutes):
        raise RunError(
            f"{folder.path}: stopped at step {progress.step}, before its end. Repeat the command to continue."
        )
    export(folder.checkpoint, folder.weights)


def reached(progress: Progress, config: Config, minutes: float | None) -> bool:
    """Whether a training has taken its steps or its minutes, as the trainer itself decides it."""
    return progress.step >= config.steps or (minutes is not None and progress.seconds >= minutes * 60)


def progress_of(file: Path) -> Progress:
    """How far the training in a checkpoint or exported weights is; no step without a file. Raises `MethodError`."""
    if not file.is_file():
        return Progress()
    facts = _facts(file)
    return Progress(facts["step"], facts["seconds"])


def _facts(file: Path) -> dict[str, Any]:
    return read_file(file)[0]


def _asked(folder: StageFolder, given: argparse.Namespace) -> argparse.Namespace:
    """Options of `baselines.sfd.lab.train` for one stage."""
    alone = {"init": None, "prepare_only": False}
    changed = {"stage": folder.stage, "out": folder.path, "resume": folder.checkpoint.is_file(), **alone}
    return argparse.Namespace(**vars(given) | changed)
