"""`evalkit.worker_pool`: results of all items, and what a process that dies costs."""

import os

import pytest

from evalkit.errors import WorkerError
from evalkit.worker_pool import run_all


def _square(number: int) -> int:
    return number * number


def _die(number: int) -> int:
    os._exit(number)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_of_all_items(workers: int) -> None:
    assert sorted(run_all(_square, [1, 2, 3], workers)) == [1, 4, 9]


def test_a_process_that_dies_is_an_error_with_advice() -> None:
    with pytest.raises(WorkerError, match="use --workers 1"):
        list(run_all(_die, [3, 4], 2))
