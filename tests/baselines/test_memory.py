"""Batches and the memory of a device: found once, halved when it does not suffice, the source read again."""

import logging
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from baselines._shared.native import memory
from baselines._shared.native.batches import Batches, batch_size, retried
from evalkit.errors import MethodError
from tests.baselines.random_methods import config_of

MB = 1 << 20


class Card:
    """A GPU as PyTorch's statistics show one: every frame takes `each` bytes while it is computed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, total: int, each: int, held: int = 3 * MB) -> None:
        self.each, self.held, self.peak = each, held, held
        self.sizes: list[int] = []
        monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: self.held)
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: self.peak)
        facts = type("Properties", (), {"total_memory": total})()
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: facts)

    def double(self, items: Tensor) -> Tensor:
        self.sizes.append(len(items))
        self.peak = max(self.peak, self.held + len(items) * self.each)
        return items * 2


def test_too_little_memory_halves_the_batch_for_good(caplog: pytest.LogCaptureFixture) -> None:
    sizes: list[int] = []

    def double(items: torch.Tensor) -> torch.Tensor:
        sizes.append(len(items))
        if len(items) > 2:
            raise torch.OutOfMemoryError("no")
        return items * 2

    batches = Batches(8)
    items = torch.arange(9.0)
    with caplog.at_level(logging.WARNING, "evalkit"):
        assert torch.equal(batches.map(double, items), items * 2)
    assert sizes == [8, 4, 2, 2, 2, 2, 1]
    assert [record.getMessage().split("with ")[-1] for record in caplog.records] == ["4", "2"]
    assert torch.equal(batches.map(double, items), items * 2) and sizes[7:] == [2, 2, 2, 2, 1]


def test_memory_too_small_for_one_frame_is_an_error() -> None:
    def never(items: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("no")

    with pytest.raises(MethodError, match="out of memory on the device with a batch of one frame"):
        Batches(2).map(never, torch.zeros(2))


def test_batches_are_for_accelerators() -> None:
    assert batch_size(config_of("fomm")) == batch_size(config_of("fomm", "batch=32")) == 1
    assert batch_size(config_of("fomm", device="cuda:1")) is None, "to be found"
    assert batch_size(config_of("fomm", "batch=32", device="cuda")) == 32


@pytest.mark.parametrize(
    ("total", "size"), [(1000 * MB, 32), (640 * MB, 32), (639 * MB, 16), (320 * MB, 16), (100 * MB, 4), (10 * MB, 1)]
)
def test_as_many_frames_as_fit_half_the_device(total: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card(monkeypatch, total, each=10 * MB)
    batches = Batches(None)
    assert batches.unknown and batches.at_once == 8
    batches.find(card.double, torch.arange(16.0), "cuda")
    assert (batches.size, batches.unknown) == (size, False)
    items = torch.arange(70.0)
    assert torch.equal(batches.map(card.double, items), items * 2)
    assert card.sizes[0] == 8 and set(card.sizes[1:-1]) == {size}


def test_a_short_clip_says_nothing_about_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card(monkeypatch, 1000 * MB, each=MB)
    batches = Batches(None)
    batches.find(card.double, torch.arange(7.0), "cuda")
    assert batches.unknown and batches.size == 8 and card.sizes == []


def test_a_batch_that_was_halved_while_it_was_measured_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card(monkeypatch, 1000 * MB, each=MB)

    def tight(items: Tensor) -> Tensor:
        if len(items) > 4:
            raise torch.OutOfMemoryError("no")
        return card.double(items)

    batches = Batches(None)
    batches.find(tight, torch.arange(8.0), "cuda")
    assert batches.size == 4 and not batches.unknown


LIBRARIES = [
    torch.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
]


def failing(times: int, error: Exception) -> Callable[[], str]:
    left = [times]

    def read() -> str:
        if left[0]:
            left[0] -= 1
            raise error
        return "read"

    return read


@pytest.mark.parametrize("error", LIBRARIES, ids=["torch", "cudnn", "cublas"])
def test_a_source_that_found_too_little_memory_is_read_again(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[bool] = []
    monkeypatch.setattr("baselines._shared.native.batches.free_unused", lambda: freed.append(True))
    assert retried(failing(1, error)) == "read" and freed == [True]
    with pytest.raises(MethodError, match="out of memory on the device while the source was read; use another device"):
        retried(failing(2, error))


def test_other_errors_are_neither_retried_nor_halved() -> None:
    assert not memory.is_out_of_memory(RuntimeError("CUDA error: an illegal memory access was encountered"))
    for work in (retried, lambda read: Batches(8).map(lambda items: read(), torch.zeros(3))):
        with pytest.raises(RuntimeError, match="illegal memory access"):
            work(failing(9, RuntimeError("CUDA error: an illegal memory access was encountered")))


@pytest.mark.parametrize("error", LIBRARIES[1:], ids=["cudnn", "cublas"])
def test_libraries_that_allocate_themselves_halve_a_batch_too(error: Exception) -> None:
    def narrow(items: Tensor) -> Tensor:
        if len(items) > 2:
            raise error
        return items * 2

    batches = Batches(4)
    assert torch.equal(batches.map(narrow, torch.arange(5.0)), torch.arange(5.0) * 2)
    assert batches.size == 2
