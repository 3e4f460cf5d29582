"""One process or several: training on many GPUs through `torchrun`."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Processes:
    """This process among `count`, number `rank`; `local` is its number on this machine."""

    rank: int = 0
    count: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        """Whether this process writes files."""
        return self.rank == 0

    def parallel(self, network: nn.Module) -> nn.Module:
        """`network`, its gradients averaged over all processes."""
        if self.count == 1:
            return network
        devices = [self.local] if next(network.parameters()).is_cuda else None
        return DistributedDataParallel(network, device_ids=devices, find_unused_parameters=True)

    @contextlib.contextmanager
    def gradients_sum(self, network: nn.Module, last: bool) -> Iterator[None]:
        """Exchange gradients in the last part of a step only."""
        if self.count == 1 or last:
            yield
        else:
            with cast(DistributedDataParallel, network).no_sync():
                yield

    def average_gradients(self, network: nn.Module) -> None:
        """Average the gradients that are there over all processes."""
        if self.count == 1:
            return
        for parameter in network.parameters():
            if parameter.grad is not None:
                distributed.all_reduce(parameter.grad)
                parameter.grad /= self.count

    def agree(self, stop: bool) -> bool:
        """Whether any process wants to stop."""
        if self.count == 1:
            return stop
        votes = torch.tensor(float(stop), device="cuda" if distributed.get_backend() == "nccl" else "cpu")
        distributed.all_reduce(votes)
        return bool(votes > 0)


@contextlib.contextmanager
def joined(device: str) -> Iterator[Processes]:
    """The processes that `torchrun` started, or this one alone."""
    if "RANK" not in os.environ:
        yield Processes()
        return
    rank, count, local = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield Processes(rank, count, local)
    finally:
        distributed.destroy_process_group()
