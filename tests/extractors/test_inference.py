"""PyTorch's process-wide switches have one owner, whatever threads enter and leave in which order."""

import threading
from collections.abc import Iterator

import pytest
import torch

from baselines._shared.native.batches import inference
from evalkit.extractors.inference import exact_inference

EXACT = (True, False, True, False)


def switches() -> tuple[bool, ...]:
    cudnn = torch.backends.cudnn
    return cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32


@pytest.fixture
def outside() -> Iterator[tuple[bool, ...]]:
    """Settings that nobody here wants, to be found again afterwards."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=True, deterministic=False, allow_tf32=True):
        yield switches()


def test_the_thread_that_leaves_first_takes_nothing_from_the_other(outside: tuple[bool, ...]) -> None:
    scoring_in, method_out = threading.Event(), threading.Event()
    seen: list[tuple[bool, ...]] = []

    def score() -> None:
        with exact_inference():
            scoring_in.set()
            assert method_out.wait(20)
            seen.append(switches())

    thread = threading.Thread(target=score)
    with inference():
        thread.start()
        assert scoring_in.wait(20)
        assert switches() == EXACT
    method_out.set()
    thread.join()
    assert seen == [EXACT]
    assert switches() == outside


def test_many_blocks_of_two_threads_are_all_exact(outside: tuple[bool, ...]) -> None:
    wrong: list[tuple[bool, ...]] = []

    def work() -> None:
        for _ in range(300):
            with exact_inference():
                found = switches()
                if found != EXACT:
                    wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and switches() == outside


def test_whoever_enters_sets_what_code_of_a_method_changed(outside: tuple[bool, ...]) -> None:
    with inference():
        torch.backends.cudnn.benchmark = True
        with exact_inference():
            assert switches() == EXACT
    assert switches() == outside


def test_an_error_inside_gives_the_switches_back(outside: tuple[bool, ...]) -> None:
    with pytest.raises(ZeroDivisionError), exact_inference():
        raise ZeroDivisionError
    assert switches() == outside and not torch.is_inference_mode_enabled()
