"""A clone of a stand-in repository with its weights, in a folder whose name has a space and quotes."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.method.external import External
from evalkit.method.find import build_method, find_method, method_options
from evalkit.method.interface import Driving, Job, MethodConfig
from evalkit.types import Frames, Selection
from tests.baselines.external import border
from tests.baselines.external.repositories import FILES

SIZE = 48
FILE_ENDINGS = {".pt", ".pth", ".tar", ".th", ".onnx", ".ckpt", ".mat"}
SHARED = Path(border.__file__).read_text()


def clip(count: int, seed: int = 0) -> Frames:
    """(count, SIZE, SIZE, 3) smooth frames that all differ: a pattern that grows brighter and moves."""
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE * 6.3
    levels = [90 + 60 * np.sin(rows + seed + index / 3) * np.cos(columns) + 3 * (index % 20) for index in range(count)]
    return np.stack([np.stack([level, 200 - level / 2, level / 2 + 20], -1) for level in levels]).astype(np.uint8)


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Write the stand-in of a method; returns its clone."""

    def make(name: str) -> Path:
        clone = tmp_path_factory.mktemp('it\'s "my" code') / name
        for file, text in FILES[name].items():
            (clone / file).parent.mkdir(parents=True, exist_ok=True)
            (clone / file).write_text(text)
            (clone / file).with_name("border.py").write_text(SHARED)
        (clone / "border.py").write_text(SHARED)
        for weight in find_method(name).card.external.weights:
            path = clone / weight.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch() if path.suffix in FILE_ENDINGS else path.mkdir(exist_ok=True)
        return clone

    return make


@pytest.fixture
def begin(tmp_path: Path):
    """Build an external method on a clone; returns what animates a clip by it."""
    built: list[External] = []

    def build(name: str, clone: Path, **options):
        entry = find_method(name)
        given = [f"{key}={value}" for key, value in {"clone": clone, "python": sys.executable, **options}.items()]
        config = MethodConfig("cuda", options=method_options(entry.card, given), logs=tmp_path / "logs")
        method = build_method(entry, config)
        built.append(method)

        def animate(count: int = 5, seed: int = 0, motion: str | None = None, pair: str = "a.b--c.d") -> Frames:
            source = tmp_path / f"driving.{seed}.mkv"
            video.write_video(source, [clip(count, seed)], 25)
            driving = Driving(source, Selection(size=SIZE))
            moved = motion or entry.card.motions[0]
            sources = clip(1, seed + 50)
            method.begin(Job(pair, lambda: sources, driving, SIZE, moved), ())
            return np.concatenate(list(method.animate(sources, driving, moved)))

        return animate

    yield build
    for method in built:
        method.close()


@pytest.fixture
def animate(begin):
    """Animate a clip by an external method in a clone; returns its frames."""

    def call(
        name: str,
        clone: Path,
        count: int = 5,
        seed: int = 0,
        motion: str | None = None,
        pair: str = "a.b--c.d",
        **options,
    ) -> Frames:
        return begin(name, clone, **options)(count, seed, motion, pair)

    return call


def expected(count: int, handed: int, made: int | None = None, seed: int = 0) -> Frames:
    """What the stand-in makes of it: handed over at `handed` pixels, returned at `made`, and brought back."""
    source = video.fit(clip(1, seed + 50)[0], handed)
    frames = border.animated(source, [video.fit(frame, handed) for frame in clip(count, seed)], handed)
    factor = (made or handed) // handed
    large = [np.repeat(np.repeat(frame, factor, 0), factor, 1) for frame in frames]
    return np.stack([video.fit(frame, SIZE) for frame in large])
