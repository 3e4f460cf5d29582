"""Processes that train together: `python together.py OUT STEPS COUNT...`.

Their losses step by step go to OUT/<COUNT>.json. All is computed in float64: some gradients are zero but for
rounding, and Adam makes steps of these, in float32 as large ones as of others.
"""

import json
import os
import socket
import sys
from pathlib import Path

import torch
from torch.multiprocessing import start_processes

from baselines.sfd.lab.training.perceptual import Perceptual
from baselines.sfd.lab.training.processes import Processes, joined
from baselines.sfd.lab.training.trainer import Trainer
from evalkit.extractors.lpips_backbones import squeezenet
from tests.baselines.sfd.conftest import PERCEPTION, make_corpus, tiny_config

CONFIG = tiny_config(
    batch=8,
    shape={"standardise": True, "points": 2},
    adversary={"deviation": 2, "every": 1},
    regression={"frozen": False},
    heads={"classifier_layers": 2},
)


def losses_of(processes: Processes, steps: int) -> list[dict[str, float]]:
    """Of a tiny training."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    trainer = Trainer(CONFIG, make_corpus(people=5), Perceptual(squeezenet(), PERCEPTION), "cpu", processes)
    return [trainer.step(step) for step in range(steps)]


def one(rank: int, out: Path, steps: int, count: int, port: int) -> None:
    """Train with the others, in the environment that `torchrun` gives a process."""
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    with joined("cpu") as processes:
        found = losses_of(processes, steps)
        processes.check_alike("losses", found)
    if rank == 0:
        (out / f"{count}.json").write_text(json.dumps(found))


def free_port() -> int:
    with socket.socket() as meeting:
        meeting.bind(("127.0.0.1", 0))
        return int(meeting.getsockname()[1])


def main(out: Path, steps: int, counts: list[int]) -> None:
    """One training after the other, each by so many forks of this process, which has imported everything."""
    for count in counts:
        start_processes(one, (out, steps, count, free_port()), nprocs=count, start_method="fork")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [int(count) for count in sys.argv[3:]])
