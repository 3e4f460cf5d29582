"""Frames side by side on threads of a CPU: same order, same bits, same errors, and nothing left behind."""

import gc
import signal
import threading
import time
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from baselines._shared.native.batches import Batches
from baselines._shared.native.workers import alone, side_by_side, worker_count
from evalkit.errors import MethodError

ITEMS = torch.arange(7.0)


@pytest.fixture(autouse=True)
def two_threads() -> None:
    torch.set_num_threads(2)


def threads_of_a_new_thread() -> int:
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return seen[0]


def test_results_come_in_order_from_threads_that_compute_alone() -> None:
    names: set[str] = set()
    states: set[tuple[int, bool]] = set()

    def double(part: Tensor) -> Tensor:
        time.sleep(0.02 if part[0] % 3 == 0 else 0)  # so that later ones are ready first
        names.add(threading.current_thread().name)
        states.add((torch.get_num_threads(), torch.is_inference_mode_enabled()))
        return part * 2

    with torch.inference_mode():
        results = list(side_by_side(double, ITEMS.split(1), 3))
    assert torch.equal(torch.cat(results), ITEMS * 2)
    assert len(names) == 3 and threading.current_thread().name not in names
    assert states == {(1, True)}


def test_one_worker_is_the_thread_that_asks() -> None:
    names: set[str] = set()

    def same(part: Tensor) -> Tensor:
        names.add(threading.current_thread().name)
        assert torch.get_num_threads() == 2
        return part

    assert len(list(side_by_side(same, ITEMS.split(2), 1))) == 4
    assert names == {threading.current_thread().name}


def test_numbers_of_threads_are_as_they_were() -> None:
    list(side_by_side(lambda part: part, ITEMS.split(1), 4))
    with alone("cpu"):
        assert torch.get_num_threads() == 1
    with alone("cuda"):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == threads_of_a_new_thread() == 2


def test_workers_are_the_threads_of_pytorch() -> None:
    assert worker_count("cpu") == 2 and worker_count("cuda:1") == 1
    torch.set_num_threads(5)
    assert worker_count("cpu") == 5


def test_an_error_comes_in_its_place_and_ends_the_work() -> None:
    begun: list[float] = []
    before = threading.active_count()

    def fail(part: Tensor) -> Tensor:
        begun.append(float(part[0]))
        if part[0] == 1:
            raise ValueError("frame 1")
        time.sleep(0.02)
        return part

    results = side_by_side(fail, torch.arange(100.0).split(1), 2)
    assert next(results) == 0
    with pytest.raises(ValueError, match=r"^frame 1$"):
        next(results)
    assert len(begun) < 10
    assert threading.active_count() == before and torch.get_num_threads() == threads_of_a_new_thread() == 2


@pytest.fixture
def pythons_own_ctrl_c() -> Iterator[None]:
    """KeyboardInterrupt; tests of commands in this process leave the command's handler behind.

    No garbage is collected meanwhile: raised in a callback of the collector (hypothesis has one), Ctrl-C would be lost.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()
    yield
    gc.enable()
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("pythons_own_ctrl_c")
def test_ctrl_c_waits_for_the_frames_in_hand_only() -> None:
    begun: list[float] = []
    before = threading.active_count()

    def interrupted(part: Tensor) -> Tensor:
        begun.append(float(part[0]))
        if part[0] == 1:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.05)
        return part

    with pytest.raises(KeyboardInterrupt):
        list(side_by_side(interrupted, torch.arange(100.0).split(1), 2))
    assert len(begun) < 10
    for thread in threading.enumerate():
        if thread.name.startswith("frame"):  # Ctrl-C while it was started: the pool does not know it, but it ends
            thread.join(10)
    assert threading.active_count() == before and torch.get_num_threads() == 2


def test_too_little_memory_is_met_as_without_workers(caplog: pytest.LogCaptureFixture) -> None:
    def double(items: Tensor) -> Tensor:
        if len(items) > 1:
            raise torch.OutOfMemoryError("no")
        return items * 2

    def never(items: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("no")

    batches = Batches(4, workers=3)
    assert batches.at_once == 12
    assert torch.equal(batches.map(double, ITEMS), ITEMS * 2)
    assert [record.getMessage().split("with ")[-1] for record in caplog.records] == ["2", "1"]
    with pytest.raises(MethodError, match="out of memory on the device with a batch of one frame"):
        Batches(2, workers=3).map(never, ITEMS)
