"""The words of the project: clips, source frames, pairs."""

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

Features: TypeAlias = Mapping[str, Values]
"""What one extractor says of T frames: named arrays of shape (T, ...)."""

Task: TypeAlias = Literal["self_reenactment", "cross_reenactment"]
Motion: TypeAlias = Literal["absolute", "relative"]
Kind: TypeAlias = Literal["clip", "portrait"]


@dataclass(frozen=True)
class Clip:
    """One video, image-sequence folder or single image of one person.

    `id` is unique in its dataset and safe as part of a file name. A `portrait` has one frame and can only be a source.
    """

    id: str
    identity: str
    kind: Kind
    path: Path


@dataclass(frozen=True)
class Pair:
    """One unit of work: animate frames of `source` with the motion of `driving`.

    `source_frames` are indices into the source clip; negative ones count from its end. `id` names the generated file.
    `anchor` is the picture of the driver at which relative motion starts; None is the first driving frame.
    """

    id: str
    source: Clip
    source_frames: tuple[int, ...]
    driving: Clip
    anchor: Path | None = None
