"""Outputs with a known fault: every one is the true answer but for one thing, in a known amount.

Three families. Faults of motion are drawn: the source's person makes a motion that is changed in a known way, so that
the error of pose and expression is known exactly. The wrong person is the driver, in a share of the frames. Damage of
pictures leaves the motion as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalkit.calibration.degrade import blur, compression, flicker, identity, jitter, noise
from evalkit.datasets.drawn import EXPRESSION_NAMES, Motion
from evalkit.types import Frames

Places = NDArray[np.intp]
"""(T,) which frames of a motion are looked at."""
TRUTH = "truth"


@dataclass(frozen=True)
class Fault:
    """One kind of fault: what it is called, the unit of its steps and the steps, without the faultless one.

    `move(motion, places, step)` gives the motion of the output, T frames, when the fault is one of motion. Else
    `damage(true, driving, step)` gives its frames from the true and the driving frames, (T, H, W, 3) uint8.
    """

    id: str
    unit: str
    steps: tuple[float, ...]
    move: Callable[[Motion, Places, float], Motion] | None = None
    damage: Callable[[Frames, Frames, float], Frames] | None = None


@dataclass(frozen=True)
class Condition:
    """A fault in one step, or the faultless output (`fault` is None)."""

    fault: Fault | None = None
    step: float = 0.0

    @property
    def name(self) -> str:
        """`blur-2`; `truth` for the faultless one. Safe as the name of a folder."""
        return f"{self.fault.id}-{self.step:g}" if self.fault else TRUTH

    @property
    def words(self) -> str:
        """As printed: `blur 2 px`."""
        return f"{self.fault.id} {self.step:g} {self.fault.unit}" if self.fault else "the true answer"

    def amount(self, fault: str) -> float:
        """How much of the fault called `fault` it has."""
        return self.step if self.fault and self.fault.id == fault else 0.0


def taken(motion: Motion, places: Places) -> Motion:
    """The motion at `places` alone."""
    return Motion(motion.pose[places], motion.drift[places], motion.expression[places])


def less_pose(motion: Motion, places: Places, loss: float) -> Motion:
    """Turns and slides of the head from the first frame on lose a share of `loss`; 1 holds the head still."""
    now = taken(motion, places)
    pose, drift = (part[:1] + (1 - loss) * (part - part[:1]) for part in (now.pose, now.drift))
    return Motion(pose, drift, now.expression)


def lag(motion: Motion, places: Places, frames: float) -> Motion:
    """Everything comes `frames` frames late; what is before the beginning stands still."""
    return taken(motion, np.maximum(places - round(frames), places[0]))


def frozen(motion: Motion, places: Places, share: float) -> Motion:
    """The first frame all along."""
    return taken(motion, np.where(np.arange(len(places)) < (1 - share) * len(places), places, places[0]))


def less_expression(motion: Motion, places: Places, loss: float) -> Motion:
    """Jaw, width of the mouth, smile and brows lose a share of `loss`; the eyes stay."""
    return _scaled(motion, places, 1 - loss, ("jaw_open", "mouth_width", "smile", "brow_raise"))


def mouth_closed(motion: Motion, places: Places, loss: float) -> Motion:
    """The jaw opens less by a share of `loss`."""
    return _scaled(motion, places, 1 - loss, ("jaw_open",))


def gaze_ahead(motion: Motion, places: Places, loss: float) -> Motion:
    """The eyes turn less by a share of `loss`."""
    return _scaled(motion, places, 1 - loss, ("gaze_x", "gaze_y"))


def no_blink(motion: Motion, places: Places, loss: float) -> Motion:
    """The lids close less by a share of `loss`."""
    return _scaled(motion, places, 1 - loss, ("blink",))


def colour(frames: Frames, other: Frames, levels: float) -> Frames:
    """Red is brighter by `levels` grey levels, blue darker."""
    return np.asarray(np.clip(frames + np.array([levels, 0.0, -levels]), 0, 255), np.uint8)


def _scaled(motion: Motion, places: Places, factor: float, names: tuple[str, ...]) -> Motion:
    now = taken(motion, places)
    factors = np.where(np.isin(EXPRESSION_NAMES, names), factor, 1.0)
    return replace(now, expression=now.expression * factors)


FAULTS = (
    Fault("less_pose", "of the turns lost", (0.25, 0.5, 1), less_pose),
    Fault("lag", "frames late", (2, 4, 8), lag),
    Fault("frozen", "of the clip", (0.5, 1), frozen),
    Fault("less_expression", "of the expression lost", (0.33, 0.67, 1), less_expression),
    Fault("mouth_closed", "of the opening lost", (0.5, 1), mouth_closed),
    Fault("gaze_ahead", "of the gaze lost", (0.5, 1), gaze_ahead),
    Fault("no_blink", "of the blinks lost", (0.5, 1), no_blink),
    Fault("driver", "of the frames show the driver", (0.25, 0.5, 1), damage=identity),
    Fault("blur", "px", (1, 3), damage=blur),
    Fault("noise", "grey levels", (8, 24), damage=noise),
    Fault("compression", "below JPEG quality 100", (60, 95), damage=compression),
    Fault("colour", "grey levels", (10, 25), damage=colour),
    Fault("flicker", "grey levels", (4, 12), damage=flicker),
    Fault("jitter", "px", (0.5, 1.5), damage=jitter),
)
QUICK = ("less_pose", "less_expression", "driver", "blur")
"""Faults of the quick audit, each in its last step and the one before."""


def conditions(quick: bool = False) -> tuple[Condition, ...]:
    """The faultless output and every fault in every step."""
    faults = [replace(fault, steps=fault.steps[-2:]) for fault in FAULTS if fault.id in QUICK] if quick else FAULTS
    return (Condition(), *(Condition(fault, step) for fault in faults for step in fault.steps))
