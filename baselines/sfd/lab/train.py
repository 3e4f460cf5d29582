"""Train SFD.

    python -m baselines.sfd.lab.train --config small --data DIR --out OUT

`torchrun --nproc-per-node 4 -m baselines.sfd.lab.train ...` trains on four GPUs, with the same steps as one, faster.
OUT receives `last.safetensors` (all that `--resume` needs), `best.safetensors` (the averaged weights with the lowest
`validation/l1`), `losses.jsonl`, `samples/` and, where it is installed, TensorBoard's files. Among the losses stand
`validation/l1` and others: of the people held out, animated with the averaged weights.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from baselines.sfd.lab.command import positive, run
from baselines.sfd.lab.training.checkpoint import LAST, Progress, load
from baselines.sfd.lab.training.config import STAGES, Config, read_config, shipped_configs
from baselines.sfd.lab.training.corpus import load_corpus
from baselines.sfd.lab.training.desk import Desk
from baselines.sfd.lab.training.perceptual import Perceptual, backbone
from baselines.sfd.lab.training.processes import Processes, joined, restarted
from baselines.sfd.lab.training.trainer import Trainer
from baselines.sfd.weights import load_model
from evalkit.base.files import content_sha256
from evalkit.errors import MethodError, RunError

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.monotonic, "processor": time.process_time}
_LOG = logging.getLogger("evalkit")


def main(arguments: list[str] | None = None) -> int:
    """The command; exit code 2 for an error that the user can act on."""
    return run(_train_with_others, _parser().parse_args(arguments))


def _train_with_others(given: argparse.Namespace) -> None:
    with joined(given.device) as processes:
        train(given, processes)


def train(given: argparse.Namespace, processes: Processes) -> Progress:
    """Train until the steps or minutes are over; the progress made."""
    config = config_of(given)
    device = f"cuda:{processes.local}" if given.device == "cuda" else given.device
    there = (given.out / LAST).is_file()
    processes.check_alike(f"{given.out / LAST} is there", there)
    resume = given.resume or (restarted() and there)
    if resume != there:
        raise RunError(f"{given.out / LAST}: " + ("nothing to resume." if resume else "is there; use --resume."))
    corpus = load_corpus(given.dataset, given.data, config.data, config.shape, processes, given.workers)
    if given.prepare_only:
        return Progress()
    seen = Perceptual(backbone(config.perception.network), config.perception)
    trainer = Trainer(config, corpus, seen, device, processes)
    if given.init and not resume:
        trainer.begin_with(load_model(given.init))
    progress = load(given.out / LAST, trainer.state, config, corpus.digest) if resume else Progress()
    if processes.first:
        people = len(corpus.identities)
        _LOG.info("%d identities, from step %d to %d at most", people, progress.step, config.steps)
        _LOG.info("%d pairs a step: %d processes of %d parts", config.batch, processes.count, trainer.parts)
    return _loop(given, trainer, progress, processes)


def _loop(given: argparse.Namespace, trainer: Trainer, progress: Progress, processes: Processes) -> Progress:
    clock = CLOCKS[given.clock]
    began = clock() - progress.seconds
    desk = Desk(given, trainer, progress.best) if processes.first else None
    limit = given.max_minutes * 60 if given.max_minutes else float("inf")
    step = progress.step
    try:
        while step < trainer.config.steps and not processes.agree(clock() - began >= limit):
            losses = trainer.step(step)
            step += 1
            if desk:
                desk.take(losses, Progress(step, clock() - began))
    except KeyboardInterrupt:
        _LOG.warning("interrupted at step %d", step)
    progress = Progress(step, clock() - began)
    if desk:
        desk.close(progress)
        _LOG.info("step %d after %.1f minutes (%s clock)", step, progress.seconds / 60, given.clock)
    return progress


def config_of(given: argparse.Namespace) -> Config:
    """The configuration asked for. Raises `MethodError`."""
    config = read_config(given.config).at_stage(given.stage)
    if given.init and not given.init.is_file():
        raise MethodError(f"--init {given.init}: no such file; expected weights or last.safetensors of a training.")
    init = content_sha256(given.init) if given.init else None
    asked = {"seed": given.seed, "steps": given.steps, "init": init}
    return config.model_copy(update={name: value for name, value in asked.items() if value is not None})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of every training, whatever its stage."""
    shipped = ", ".join(shipped_configs())
    parser.add_argument("--config", required=True, help=f"{shipped}, or a YAML file")
    parser.add_argument("--data", type=Path, help="data root of the dataset")
    parser.add_argument("--dataset", default="folder", help="as in `evalkit data list`; default: folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, logs and samples")
    parser.add_argument(
        "--max-minutes",
        "--minutes",
        type=float,
        help="stop after so many minutes in all, earlier ones included; falling rates are then cut off",
    )
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="what --max-minutes counts")
    parser.add_argument("--steps", type=int, help="stop after so many steps; default: the configuration's")
    parser.add_argument("--seed", type=int, help="default: the configuration's")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--log-every", type=int, default=20, help="steps")
    parser.add_argument("--samples-every", type=int, default=1000, help="steps")
    parser.add_argument("--validate-every", type=int, default=500, help="steps; 0: never")
    parser.add_argument("--save-minutes", type=float, default=5.0, help="between checkpoints")
    parser.add_argument("--keep-every", type=int, default=0, help="steps; keeps that checkpoint for good; 0: none")
    parser.add_argument(
        "--workers", type=positive, default=min(os.cpu_count() or 1, 32), help="processes that prepare clips"
    )
    parser.add_argument("--prepare-only", action="store_true", help="stop when all clips are prepared in the cache")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m baselines.sfd.lab.train", description=__doc__)
    add_options(parser)
    parser.add_argument("--stage", choices=list(STAGES), default="sem", help="row of the ablation; default: sem, all")
    parser.add_argument("--init", type=Path, help="begin with the networks of a weight file or a training's checkpoint")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser


if __name__ == "__main__":
    sys.exit(main())
