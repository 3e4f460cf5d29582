"""How the person moves: smooth curves of head pose, place and expression, each a function of the frame number alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.seeds import stream

EXPRESSION_NAMES = ("jaw_open", "mouth_width", "smile", "brow_raise", "blink", "gaze_x", "gaze_y")
FPS = 25.0


@dataclass(frozen=True)
class Motion:
    """Curves of one clip; see `evalkit.datasets.drawn.DemoClip` for axes, signs and ranges.

    `pose` is (T, 3) radians, `drift` (T, 2) the slide of the head in cm (right, down), `expression` (T, E).
    """

    pose: NDArray[np.float64]
    drift: NDArray[np.float64]
    expression: NDArray[np.float64]


def move(identity: int, clip: int, frames: int) -> Motion:
    """The motion of a clip; the first n frames do not depend on `frames`."""
    rng = stream(identity, 2, clip)
    time = np.arange(frames) / FPS
    pose = _pose(rng, time)
    drift = np.stack([_wave(rng, time, 0.35, 0.6), _wave(rng, time, 0.35, 0.4)], axis=1)
    return Motion(pose=pose, drift=drift, expression=_expression(rng, time, frames, pose))


def _wave(rng: np.random.Generator, time: NDArray[np.float64], hertz: float, size: float) -> NDArray[np.float64]:
    """A sum of three slow sines, at most `size` away from zero."""
    total = np.zeros_like(time)
    for part in (0.6, 0.28, 0.12):
        rate = hertz * rng.uniform(0.6, 1.4) * (0.6 / part) ** 0.7
        total += part * np.sin(2.0 * np.pi * (rate * time + rng.uniform()))
    return total * size


def _pose(rng: np.random.Generator, time: NDArray[np.float64]) -> NDArray[np.float64]:
    limits = np.deg2rad([24.0, 11.0, 9.0])
    rates = (0.42, 0.36, 0.30)
    curves = [_wave(rng, time, rate, limit * rng.uniform(0.75, 1.0)) for rate, limit in zip(rates, limits, strict=True)]
    return np.stack(curves, axis=1)


def _expression(
    rng: np.random.Generator, time: NDArray[np.float64], frames: int, pose: NDArray[np.float64]
) -> NDArray[np.float64]:
    syllable = 0.5 - 0.5 * np.cos(
        2.0 * np.pi * (rng.uniform(1.9, 2.7) * time + rng.uniform() + _wave(rng, time, 0.8, 0.25))
    )
    loudness = 0.72 + _wave(rng, time, 0.55, 0.28)
    jaw = np.clip(syllable * loudness * 1.1, 0.0, 1.0)
    width = _wave(rng, time, 0.9, 0.8)
    smile = np.clip(0.25 + _wave(rng, time, 0.35, 0.5), 0.0, 1.0)
    brow = np.clip(0.25 + _wave(rng, time, 0.55, 0.75), 0.0, 1.0)
    gaze_x = np.clip(pose[:, 0] / np.deg2rad(30.0) + _wave(rng, time, 0.5, 0.15), -1.0, 1.0)
    gaze_y = np.clip(-pose[:, 1] / np.deg2rad(30.0) + _wave(rng, time, 0.4, 0.08), -1.0, 1.0)
    return np.stack([jaw, width, smile, brow, _blinks(rng, frames), gaze_x, gaze_y], axis=1)


def _blinks(rng: np.random.Generator, frames: int) -> NDArray[np.float64]:
    """Raised-cosine blinks of about a third of a second, drawn one after the other."""
    number = np.arange(frames, dtype=np.float64)
    closed = np.zeros(frames)
    centre = rng.uniform(5.0, 22.0)
    while centre < frames + 6.0:
        distance = np.abs(number - centre)
        closed = np.maximum(closed, np.where(distance < 4.0, 0.5 + 0.5 * np.cos(np.pi * distance / 4.0), 0.0))
        centre += rng.uniform(35.0, 85.0)
    return closed
