"""Repositories as other people write them: a card, a clone of a few files, and pairs to animate."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from evalkit.method.foreign.card import Foreign
from evalkit.method.foreign.place import Place
from evalkit.method.foreign.task import Setting, Task

SIZE, FRAMES = 16, 5
SIDE = 8
SPACED = 'my "code" of o\'clock'


def marked(count: int, side: int = SIZE, start: int = 0) -> np.ndarray:
    """(count, side, side, 3) frames of which each is told from all others by every one of its pixels."""
    rows = np.arange(side)[:, None] * 3 + np.arange(side)[None, :]
    levels = (np.arange(start, start + count) * 11 % 150)[:, None, None] + rows % 90
    return np.repeat(levels[..., None], 3, axis=3).astype(np.uint8)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """An empty clone in a folder with spaces and quotes."""
    folder = tmp_path / SPACED / "clone"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def setting(tmp_path: Path, clone: Path) -> Callable[..., Setting]:
    """A setting for files that are written into the clone, with a card of the keys given."""

    def make(files: dict[str, str], seconds: float = 20, memory_bytes: int | None = None, **card: Any) -> Setting:
        for name, text in files.items():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_text(textwrap.dedent(text))
        place = Place("toy", clone, sys.executable, seconds, seconds, memory_bytes)
        return Setting(
            Foreign.model_validate(yaml.safe_load(yaml.safe_dump(card))),
            clone,
            place,
            logs=tmp_path / "logs",
            scratch=tmp_path / SPACED / "scratch",
        )

    return make


def task(pair: str = "a--b", frames: int = FRAMES, start: int = 0) -> Task:
    """A pair whose driving frames all differ."""
    driving = marked(frames, start=start)
    source = marked(1, start=100)
    return Task(pair, lambda: source, [driving[:2], driving[2:]], 25.0, SIZE, "absolute")


def animated(runner: Any, one: Task, coming: Any = ()) -> np.ndarray:
    """All frames of a pair."""
    return np.concatenate(list(runner.frames(one, coming)))
