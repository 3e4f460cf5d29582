"""`evalkit.base.processes`: results of all items, and what a process that dies costs."""

import os
import signal

import pytest

from evalkit.base import processes
from evalkit.base.processes import run_all, worker_count
from evalkit.errors import WorkerError


def _square(number: int) -> int:
    return number * number


def _die(number: int) -> int:
    os._exit(number)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_of_all_items(workers: int) -> None:
    assert sorted(run_all(_square, [1, 2, 3], workers)) == [1, 4, 9]


def test_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 24)
    monkeypatch.delenv("EVALKIT_WORKERS", raising=False)
    assert (worker_count(None), worker_count(12)) == (8, 12)
    monkeypatch.setenv("EVALKIT_WORKERS", "10")
    assert (worker_count(None), worker_count(2)) == (10, 2)


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²"])
def test_a_number_of_workers_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_WORKERS", text)
    with pytest.raises(WorkerError, match=r"\$EVALKIT_WORKERS is .*expected a positive whole number"):
        worker_count(None)


def test_a_process_that_dies_is_an_error_with_advice() -> None:
    with pytest.raises(WorkerError, match="--workers 1 takes"):
        list(run_all(_die, [3, 4], 2))


def test_an_interrupt_held_back_goes_to_the_handler_of_before():
    class Mine(BaseException):
        pass

    def handler(number, frame):
        raise Mine

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(Mine), processes._interrupts_held():
            signal.getsignal(signal.SIGINT)(signal.SIGINT, None)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
