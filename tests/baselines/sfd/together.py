"""A process of several that train together: `python together.py OUT STEPS`, as `torchrun` starts it.

Its losses step by step go to OUT/<rank>.json. All is computed in float64: some gradients are zero but for rounding, and
Adam makes steps of these, in float32 as large ones as of others.
"""

import json
import sys
from pathlib import Path

import torch

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


def main(out: Path, steps: int) -> None:
    """Train with the others."""
    with joined("cpu") as processes:
        found = losses_of(processes, steps)
        processes.check_alike("losses", found)
    (out / f"{processes.rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
