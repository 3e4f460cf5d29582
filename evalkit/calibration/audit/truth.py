"""How far an output is from the true answer, from what was drawn: no estimator looks at a picture.

The motion of a drawn output is known, so its errors of pose and expression are differences of the numbers it was drawn
from. Frames that show the driver make the true motion: only the person is wrong in them.
"""

from collections.abc import Mapping

import numpy as np

from evalkit.calibration.audit.conditions import Condition
from evalkit.datasets.drawn import EXPRESSION_NAMES, Motion, rotation_matrix
from evalkit.types import Frames, Values

SEEN = ("jaw_open", "mouth_width", "smile", "brow_raise", "blink")
_RANGES = {"mouth_width": 2.0}

KINDS: Mapping[str, str] = {
    "pose": "angle between the drawn and the true rotation of the head, in degrees, mean over frames",
    "expression": "difference of jaw, width of the mouth, smile, brows and lids as shares of their ranges, mean",
    "mouth": "difference of the opening of the jaw as a share of its range, mean over frames",
    "blink": "difference of how far the lids are closed, mean over frames",
    "gaze": "difference of the direction of gaze as a share of its range, mean over frames",
    "motion": "difference of how far the head turns from frame to frame, in degrees, of the means over frames",
    "identity": "share of the frames that show the driver",
    "pixels": "mean absolute difference from the true frames, in grey levels",
    "flicker": "grey levels by which every second frame was made brighter",
    "jitter": "pixels by which frames were moved, standard deviation",
}
"""What can be wrong, and in what it is measured."""


def errors(condition: Condition, moved: Motion, true: Motion) -> dict[str, float]:
    """Kind -> error of a drawn output that makes the motion `moved` in place of `true`; all but pixels."""
    turns = [np.stack([rotation_matrix(*angles) for angles in motion.pose]) for motion in (moved, true)]
    apart = np.abs(moved.expression - true.expression)
    column = EXPRESSION_NAMES.index
    seen = [apart[:, column(name)] / _RANGES.get(name, 1.0) for name in SEEN]
    return {
        "pose": float(np.mean(_angles(turns[0], turns[1]))),
        "expression": float(np.mean(seen)),
        "mouth": float(apart[:, column("jaw_open")].mean()),
        "blink": float(apart[:, column("blink")].mean()),
        "gaze": float(np.hypot(apart[:, column("gaze_x")], apart[:, column("gaze_y")]).mean() / 2),
        "motion": abs(_speed(turns[0]) - _speed(turns[1])),
        "identity": condition.amount("driver"),
        "flicker": condition.amount("flicker"),
        "jitter": condition.amount("jitter"),
    }


def pixel_error(frames: Frames, true: Frames) -> float:
    """Mean absolute difference of (T, H, W, 3) uint8 frames, in grey levels."""
    return float(np.abs(frames.astype(np.float64) - true).mean())


def _speed(turns: Values) -> float:
    return float(np.mean(_angles(turns[1:], turns[:-1]))) if len(turns) > 1 else 0.0


def _angles(one: Values, other: Values) -> Values:
    """(T,) angle of the rotation from one to the other, in degrees."""
    # From the sine of half of it: the cosine of a small angle has lost its digits.
    half = np.linalg.norm(one - other, axis=(1, 2)) / np.sqrt(8.0)
    return np.asarray(np.degrees(2 * np.arcsin(np.clip(half, 0.0, 1.0))))
