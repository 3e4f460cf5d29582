"""The 52 blendshapes of MediaPipe by name, in the order of its file. Names are the person's: left is hers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Values

# fmt: off
NAMES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
    "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft",
    "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight",
    "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft",
    "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft",
    "jawOpen", "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)
# fmt: on
CLOSED = 0.2
"""How far above its median over the clip the blink score is where the eyes are closed."""


def of_both_sides(rows: NDArray[Any], name: str) -> Values:
    """(T,) mean of the blendshapes called `name`, or `name` and Left or Right, of rows (T, 52)."""
    columns = [NAMES.index(full) for full in (name, f"{name}Left", f"{name}Right") if full in NAMES]
    return np.asarray(rows[:, columns].mean(axis=1), np.float64)


def closed_eyes(blink: Values) -> NDArray[np.bool_]:
    """(T,) in which frames of a clip the eyes are closed, by scores (T,); people differ in what open eyes score."""
    there = np.isfinite(blink)
    return np.asarray(blink > np.median(blink[there]) + CLOSED) if there.any() else there
