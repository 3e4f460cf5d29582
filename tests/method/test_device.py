"""A GPU that is lost ends the run with a reason; whatever else goes wrong there costs the pair."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from evalkit.clips import video
from evalkit.errors import DeviceError, MethodError
from evalkit.method.device import lost_device
from evalkit.method.generate import generate
from evalkit.method.interface import Driving
from evalkit.types import Frames
from tests.fakes import SIZE, FakeMethod, make_pair, make_protocol, noise

FAULT = "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be reported elsewhere"


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two GPUs as PyTorch shows them, the second in use; what is appended is how it answers."""
    answers: list[str] = []

    def synchronize(index: int) -> None:
        assert index == 1, "a GPU nobody uses is left alone"
        if answers:
            raise RuntimeError(answers[0])

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda index: (0, 5)[index])
    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
    return answers


def test_a_lost_gpu_is_named_with_what_began_it(cards: list[str]) -> None:
    assert lost_device(RuntimeError("anything")) is None
    cards.append(FAULT)
    found = lost_device(RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"))
    assert isinstance(found, DeviceError)
    assert str(found) == (
        "cuda:1 cannot be used any more by this process (CUDA error: an illegal memory access was encountered). It "
        "began with RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED. Start again: finished pairs are kept."
    )


def test_without_a_gpu_nothing_is_asked() -> None:
    assert lost_device(RuntimeError("CUDA error: anything")) is None


def fails(sources: Frames, driving: Driving) -> Iterator[Frames]:
    yield np.zeros((1, SIZE, SIZE, 3), np.uint8)
    raise RuntimeError("launch failed")


@pytest.mark.parametrize(("answers", "expected"), [([], MethodError), ([FAULT], DeviceError)])
def test_only_a_lost_gpu_ends_the_run(
    cards: list[str], answers: list[str], expected: type[Exception], tmp_path: Path
) -> None:
    cards += answers
    video.write_video(tmp_path / "clip.mkv", [noise(2, SIZE)], 25)
    pair = make_pair(tmp_path / "clip.mkv", tmp_path / "clip.mkv")
    with pytest.raises(expected, match="launch failed"):
        generate(pair, FakeMethod(fails), make_protocol(), tmp_path / "out.mkv", 0)
