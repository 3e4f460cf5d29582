"""One process or several: training on many GPUs, on one machine or more, through `torchrun`."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn

from evalkit.errors import RunError

PATIENCE = timedelta(days=7)
"""How long processes wait for the one that prepares; for a step they wait as long as torch's backends do."""


@dataclass(frozen=True)
class Processes:
    """This process among `count`, number `rank`; `local` is its number on this machine.

    Attributes:
        talk: group in which numbers of the CPU are exchanged, with patience; None for one process.
    """

    rank: int = 0
    count: int = 1
    local: int = 0
    talk: Any = None

    @property
    def first(self) -> bool:
        """Whether this process writes files."""
        return self.rank == 0

    @contextlib.contextmanager
    def in_turn(self) -> Iterator[None]:
        """The first process does what is in the block, then the first ones of other machines, then all others.

        What is done into a folder that machines share is thus done once, by the first process alone.
        """
        turn = 0 if self.first else 1 if self.local == 0 else 2
        for _ in range(turn):
            self._wait()
        yield
        for _ in range(turn, 2):
            self._wait()

    def _wait(self) -> None:
        if self.count > 1:
            distributed.barrier(group=self.talk)

    def start_alike(self, *networks: nn.Module) -> None:
        """Give all processes the parameters and buffers of the first."""
        if self.count > 1:
            for network in networks:
                for tensor in network.state_dict().values():
                    distributed.broadcast(tensor, 0)

    def average_gradients(self, *networks: nn.Module) -> None:
        """Average the gradients that are there over all processes, in one exchange."""
        if self.count == 1:
            return
        parameters = [parameter for network in networks for parameter in network.parameters()]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        means = self.mean(torch.cat([gradient.flatten() for gradient in gradients]))
        sizes = [gradient.numel() for gradient in gradients]
        for gradient, mean in zip(gradients, torch.split(means, sizes), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def mean(self, values: Tensor) -> Tensor:
        """Mean over all processes."""
        if self.count == 1:
            return values
        sums = values.clone()
        distributed.all_reduce(sums)
        return sums / self.count

    def agree(self, stop: bool) -> bool:
        """Whether any process wants to stop."""
        if self.count == 1:
            return stop
        votes = torch.tensor(float(stop))
        distributed.all_reduce(votes, group=self.talk)
        return bool(votes > 0)

    def check_alike(self, what: str, value: object) -> None:
        """Raise `RunError` where processes differ in `value`, which is to be equal everywhere."""
        if self.count == 1:
            return
        values: list[object] = [None] * self.count
        distributed.all_gather_object(values, value, group=self.talk)
        if other := next((rank for rank, found in enumerate(values) if found != values[0]), None):
            raise RunError(
                f"{what}: process 0 has {values[0]}, process {other} has {values[other]}. All machines need the same "
                "clips, the same command, and one folder for --out."
            )


@contextlib.contextmanager
def joined(device: str) -> Iterator[Processes]:
    """The processes that `torchrun` started, or this one alone. On GPUs each takes the one with its local number."""
    if "RANK" not in os.environ:
        yield Processes()
        return
    local = int(os.environ["LOCAL_RANK"])
    store, rank, count = next(distributed.rendezvous("env://"))  # type: ignore[attr-defined]
    # Addresses of processes that are gone stay in the store, so each start has a place of its own in it.
    place = distributed.PrefixStore(f"start-{_restarts()}", store)  # type: ignore[attr-defined]
    if device == "cuda":
        torch.cuda.set_device(local)
        gpu = torch.device("cuda", local)
        distributed.init_process_group("nccl", store=place, rank=rank, world_size=count, device_id=gpu)
    else:
        distributed.init_process_group("gloo", store=place, rank=rank, world_size=count)
    try:
        yield Processes(rank, count, local, distributed.new_group(backend="gloo", timeout=PATIENCE))
    finally:
        distributed.destroy_process_group()


def restarted() -> bool:
    """Whether `torchrun` started this process anew after another one was lost."""
    return _restarts() > 0


def _restarts() -> int:
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))
