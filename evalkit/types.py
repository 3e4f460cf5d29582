"""The words of the project: clips, source frames, selected frames, pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Frames: TypeAlias = NDArray[np.uint8]
"""(T, H, W, 3) uint8 RGB."""

Values: TypeAlias = NDArray[np.float64]
"""float64; NaN where a value does not exist (stored as null plus a status, never as a number)."""

WHOLE_CLIP = 0
"""The `window` of what looks at all frames of a clip together."""

SOUND_RATE = 16000
"""Samples of sound per second."""

Features: TypeAlias = Mapping[str, Values]
"""The output of one extractor for T frames: named arrays of shape (T, ...)."""

Task: TypeAlias = Literal["self_reenactment", "cross_reenactment"]
Motion: TypeAlias = Literal["absolute", "relative"]
Kind: TypeAlias = Literal["clip", "portrait"]
Role: TypeAlias = Literal["any", "source", "driving"]
Reference: TypeAlias = Literal["driving", "truth"]
"""What metrics of driving frames compare with: these frames, or those of the true clip (`Pair.truth`)."""
Rgb: TypeAlias = Literal["accurate", "swscale"]
"""How pictures of a video become RGB (`clips/rgb.py`)."""
Filter: TypeAlias = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]
"""How outputs of another size are resized (`clips/resize.py`)."""


@dataclass(frozen=True)
class Clip:
    """One video, image-sequence folder or single image of one person.

    `id` is unique in its dataset and safe as part of a file name. A `portrait` has one frame and can only be a source.
    `role` is what the data says it is for, where it says so.
    """

    id: str
    identity: str
    kind: Kind
    path: Path
    role: Role = "any"


@dataclass(frozen=True)
class Selection:
    """Which frames of a clip are looked at, and at which size: `start, start + stride, ...`, at most `maximum` of them.

    Frames less than `end_margin` away from the clip's last one are left out; a `maximum` of None goes to the end.
    `size` is the side of the square they are resized to, in pixels; None keeps the stored size. `rgb` is
    the rule by which frames of a video become RGB.
    """

    start: int = 0
    stride: int = 1
    maximum: int | None = None
    end_margin: int = 0
    size: int | None = None
    rgb: Rgb = "accurate"

    def indices(self, frames: int) -> list[int]:
        """The frames taken from a clip of `frames` frames."""
        return list(range(self.start, frames - self.end_margin, self.stride))[: self.maximum]


AS_STORED = Selection()
"""Every frame of a clip, at its own size."""


@dataclass(frozen=True)
class Sound:
    """What is heard beside the selected frames of a clip.

    `samples` (N,) int16 mono, `SOUND_RATE` a second, begin with the first of the frames, of which there are `rate` a
    second.
    """

    samples: NDArray[np.int16]
    rate: float


@dataclass(frozen=True)
class Pair:
    """One unit of work: animate frames of `source` with the motion of `driving`.

    `source_frames` are indices into the source clip; negative ones count from its end. `id` names the generated file.
    `anchor` is the picture of the driver at which relative motion starts; None is the first driving frame. `truth` is
    the clip that a method without fault would make, the source's person with the driving clip's motion, frame for frame
    of the driving clip; None where nobody knows it, or the protocol does not compare with it.
    """

    id: str
    source: Clip
    source_frames: tuple[int, ...]
    driving: Clip
    anchor: Path | None = None
    truth: Path | None = None

    @property
    def reference(self) -> Path:
        """The clip that metrics compare the generated one with, frame by frame: the truth, else the driving clip."""
        return self.truth or self.driving.path
