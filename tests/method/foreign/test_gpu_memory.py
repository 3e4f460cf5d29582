"""GPU memory of a process tree, by a driver that is not there."""

import ctypes
from dataclasses import replace

import pytest

from evalkit.method.external import GPU_TREE_MEMORY, WORKER_GPU_MEMORY, cost_words
from evalkit.method.find import find_method
from evalkit.method.foreign import gpu_memory
from evalkit.method.foreign.command import Commands
from evalkit.method.foreign.gpu_memory import gpu_bytes
from evalkit.method.foreign.proc_tree import resident_below
from tests.method.foreign.conftest import animated, task
from tests.method.foreign.test_command import CARD, INVERT

UNKNOWN = 2**64 - 1


class Driver:
    """NVML with GPUs, each with the bytes that processes hold on it."""

    def __init__(self, *gpus: dict[int, int] | None) -> None:
        self.gpus = gpus

    def nvmlDeviceGetCount_v2(self, count):
        count._obj.value = len(self.gpus)
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index, gpu):
        gpu._obj.value = index.value + 1
        return 0 if self.gpus[index.value] is not None else 999

    def nvmlDeviceGetComputeRunningProcesses_v3(self, gpu, count, found):
        holds = list(self.gpus[gpu.value - 1].items())
        room, count._obj.value = count._obj.value, len(holds)
        if room < len(holds):
            return 7
        for place, (process, held) in zip(found or (), holds, strict=False):
            place.pid, place.bytes = process, held
        return 0


@pytest.mark.parametrize(
    ("gpus", "found"),
    [
        ([{1: 5, 2: 7}, {1: 100, 3: 1000}], 112),
        ([{1: UNKNOWN, 2: 7}], 7),
        ([{1: UNKNOWN}], None),
        ([{3: 1000}], None),
        ([None, {1: 5}], 5),
        ([], None),
    ],
)
def test_what_processes_hold_on_all_gpus(gpus, found, monkeypatch):
    monkeypatch.setattr(gpu_memory, "_library", lambda: Driver(*gpus))
    assert gpu_bytes({1, 2}) == found


def test_the_struct_is_the_one_of_the_driver():
    # nvml.h: unsigned int, unsigned long long, two unsigned int; eight bytes apart, as C lays them out.
    assert ctypes.sizeof(gpu_memory._Used) == 24 and gpu_memory._Used.bytes.offset == 8


@pytest.mark.parametrize("driver", [True, False])
def test_a_command_costs_what_its_tree_holds(setting, monkeypatch, driver):
    class Tree(Driver):
        """Every process of this machine holds 1000 bytes of its GPU."""

        def __init__(self):
            super().__init__(dict.fromkeys(resident_below(1), 1000))

    monkeypatch.setattr(gpu_memory, "_library", Tree if driver else lambda: None)
    waits = INVERT + "\n    import subprocess\n    subprocess.run(['sleep', '0.4'])\n"
    runner = Commands(replace(setting({"run.py": waits}, **CARD), device="cuda:0"))
    animated(runner, task())
    assert runner.spent.peak_bytes == (2000 if driver else None)


def test_what_the_memory_is_of():
    card = find_method("fomm_official").card
    worker = card.model_copy(update={"external": card.external.model_copy(update={"mode": "worker"})})
    assert cost_words(card, "cuda:0")[0] == GPU_TREE_MEMORY and cost_words(worker, "cuda")[0] == WORKER_GPU_MEMORY
