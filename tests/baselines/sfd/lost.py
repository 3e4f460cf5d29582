"""The training command, of which the second process is lost at its third step, once: as `torchrun` starts it.

torchrun ... lost.py OPTIONS OF THE COMMAND
"""

import os
import sys

from baselines.sfd.lab import train as command
from baselines.sfd.lab.training.processes import restarted
from baselines.sfd.lab.training.trainer import Trainer
from evalkit.extractors.lpips_backbones import squeezenet

if __name__ == "__main__":
    step = Trainer.step

    def lost(trainer: Trainer, number: int) -> dict[str, float]:
        if number == 2 and trainer.processes.rank == 1 and not restarted():
            os._exit(9)
        return step(trainer, number)

    command.backbone = lambda network: squeezenet()
    Trainer.step = lost  # type: ignore[method-assign]
    sys.exit(command.main(sys.argv[1:]))
