"""Known damage in known steps. Every function maps (T, H, W, 3) uint8 RGB frames to frames of the same shape."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, rotate, shift

from evalkit.types import Frames


@dataclass(frozen=True)
class Degradation:
    """One kind of damage: what it is called, the unit of its steps, the steps, and the function.

    `apply(frames, other, step)` gets the clean frames and frames of another person, which only some kinds use.
    """

    id: str
    unit: str
    steps: tuple[float, ...]
    apply: Callable[[Frames, Frames, float], Frames]


def blur(frames: Frames, other: Frames, sigma: float) -> Frames:
    """Gaussian blur of standard deviation `sigma` pixels."""
    return np.stack([gaussian_filter(frame, (sigma, sigma, 0)) for frame in frames])


def noise(frames: Frames, other: Frames, deviation: float) -> Frames:
    """Normal noise of standard deviation `deviation` grey levels, the same at every call."""
    generator = np.random.default_rng(0)
    noisy = frames + generator.normal(0, deviation, frames.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), dtype=np.uint8)


def compression(frames: Frames, other: Frames, loss: float) -> Frames:
    """JPEG of quality 100 - `loss`; none at all for a loss of 0."""
    if not loss:
        return frames
    return np.stack([_jpeg(frame, round(100 - loss)) for frame in frames])


def translation(frames: Frames, other: Frames, pixels: float) -> Frames:
    """Everything moved right by `pixels`, the border repeated: landmarks move, pose and expression do not."""
    return np.stack([shift(frame, (0, pixels, 0), order=1, mode="nearest") for frame in frames])


def roll(frames: Frames, other: Frames, degrees: float) -> Frames:
    """The picture turned by `degrees`: a head turn that needs no rendering."""
    return np.stack([rotate(frame, degrees, reshape=False, order=1, mode="nearest") for frame in frames])


def identity(frames: Frames, other: Frames, share: float) -> Frames:
    """A share of the frames, spread evenly, replaced by frames of another person."""
    replaced = np.floor(np.arange(1, len(frames) + 1) * share) > np.floor(np.arange(len(frames)) * share)
    swapped = frames.copy()
    swapped[replaced] = other[np.arange(len(frames)) % len(other)][replaced]
    return swapped


def shuffle(frames: Frames, other: Frames, block: float) -> Frames:
    """Frames reversed within blocks of `block`: every frame is real, the motion is wrong."""
    size = round(block)
    parts = [frames[start : start + size][::-1] for start in range(0, len(frames), size)]
    return np.concatenate(parts)


def freeze(frames: Frames, other: Frames, hold: float) -> Frames:
    """Every frame held for `hold` frames."""
    return frames[np.arange(len(frames)) // round(hold) * round(hold)]


def flicker(frames: Frames, other: Frames, levels: float) -> Frames:
    """Every second frame brighter by `levels` grey levels."""
    return np.asarray(np.clip(frames + levels * (np.arange(len(frames)) % 2)[:, None, None, None], 0, 255), np.uint8)


def jitter(frames: Frames, other: Frames, pixels: float) -> Frames:
    """Every frame moved right and down by normal numbers of standard deviation `pixels`, the same at every call."""
    moves = np.random.default_rng(0).normal(0, pixels, (len(frames), 2))
    moved = [shift(frame, (*move, 0), order=1, mode="nearest") for frame, move in zip(frames, moves, strict=True)]
    return np.stack(moved)


def _jpeg(frame: Frames, quality: int) -> Frames:
    stored = io.BytesIO()
    Image.fromarray(frame).save(stored, format="JPEG", quality=quality)
    return np.asarray(Image.open(stored))


DEGRADATIONS = (
    Degradation("blur", "px", (0, 0.5, 1, 2, 4), blur),
    Degradation("noise", "grey levels", (0, 4, 8, 16, 32), noise),
    Degradation("compression", "100 - quality", (0, 20, 50, 80, 95), compression),
    Degradation("translation", "px", (0, 1, 2, 4, 8), translation),
    Degradation("roll", "degrees", (0, 2, 5, 10, 20), roll),
    Degradation("identity", "share", (0, 0.125, 0.25, 0.5, 1), identity),
    Degradation("shuffle", "frames", (1, 2, 4, 8, 16), shuffle),
    Degradation("freeze", "frames", (1, 2, 4, 8, 16), freeze),
    Degradation("flicker", "grey levels", (0, 2, 4, 8, 16), flicker),
    Degradation("jitter", "px", (0, 0.25, 0.5, 1, 2), jitter),
)
"""The first step of each is undamaged."""
