"""`evalkit.base.processes`: results of all items, and what a process that dies costs."""

import os
import signal

import pytest

from evalkit.base import processes
from evalkit.base.processes import run_all
from evalkit.errors import WorkerError


def _square(number: int) -> int:
    return number * number


def _die(number: int) -> int:
    os._exit(number)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_of_all_items(workers: int) -> None:
    assert sorted(run_all(_square, [1, 2, 3], workers)) == [1, 4, 9]


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
