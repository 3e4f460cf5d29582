"""Real networks and real faces, from the shared test data; tests that need them skip without it."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from evalkit.clips import video
from evalkit.types import Frames

CLIPS = ("p001_c1", "p002_c1", "p003_c1", "p006_c1", "p022_c1")
PORTRAITS = ("p007", "p112", "p113", "p114", "p115")
GOLDEN_RATIO = 0.6180339887498949


@pytest.fixture
def networks(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of small real networks, where the weight registry finds them."""
    folder = shared / "weights"
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(folder))
    return folder


@pytest.fixture(scope="session")
def faces(shared: Path) -> Frames:
    """(10, 256, 256, 3): two frames each of five people, 40 frames apart."""
    return np.concatenate(
        [video.read_frames(shared / "faces" / "clips" / f"{c}.mp4", [0, 40], size=256) for c in CLIPS]
    )


@pytest.fixture(scope="session")
def portraits(shared: Path) -> Frames:
    """(5, 256, 256, 3): every second pixel of pictures of five people, for numbers of other people's code.

    PNG files, so that no decoder or resize of ours has a part in them.
    """
    pictures = [Image.open(shared / "faces" / "portraits" / f"{name}_s1.png") for name in PORTRAITS]
    return np.stack([np.asarray(picture)[::2, ::2] for picture in pictures])


@pytest.fixture(scope="session")
def faceless() -> Frames:
    """(3, 256, 256, 3): black, white, noise."""
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    return np.stack([np.zeros_like(noise), np.full_like(noise, 255), noise])


@pytest.fixture
def golden(networks: Path) -> Callable[[str, Callable[[NDArray[np.float32]], NDArray[np.floating]]], None]:
    """Check a network against a row of golden.csv: the input by its formula, the first numbers, mean and deviation."""
    with (networks / "golden.csv").open(encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}

    def check(name: str, network: Callable[[NDArray[np.float32]], NDArray[np.floating]]) -> None:
        row = rows[name]
        shape = tuple(int(side) for side in row["input_shape"].split("x"))
        low, high = float(row["input_low"]), float(row["input_high"])
        steps = np.arange(np.prod(shape), dtype=np.float64) * GOLDEN_RATIO % 1
        output = network((low + (high - low) * steps).astype(np.float32).reshape(shape)).ravel()
        first = [float(row[f"v{i}"]) for i in range(6) if row[f"v{i}"]]
        assert output.size == int(row["output_count"])
        np.testing.assert_allclose(output[: len(first)], first, rtol=1e-3)
        np.testing.assert_allclose([output.mean(), output.std()], [float(row["mean"]), float(row["std"])], rtol=1e-3)

    return check
