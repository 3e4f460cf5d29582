"""The open eye, painted per pixel: lids, white, iris, pupil, lashes and the glint of the lamp."""

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.base import EYE_HALF_WIDTH, EYE_X, bump, ramp
from evalkit.datasets.drawn.identity import Identity
from evalkit.datasets.drawn.seeds import Floats

_UPPER, _LOWER = 0.55, 0.42
_IRIS, _PUPIL, _GAZE_REACH = 0.60, 0.25, 0.50


def near_eyes(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Which canonical places may belong to an eye."""
    return np.asarray((np.abs(np.abs(x) - EYE_X) < 2.0) & (np.abs(y) < 1.15))


def paint_eyes(
    skin: Floats, x: Floats, y: Floats, identity: Identity, blink: float, gaze: tuple[float, float], glint_x: float
) -> tuple[Floats, Floats]:
    """Paint eyes over skin.

    Args:
        skin: (N, 3) linear colours under the eye.
        x: (N,) canonical place, cm.
        y: (N,) canonical place, cm.
        identity: whose eyes.
        blink: 0 open, 1 closed.
        gaze: direction in [-1, 1] to the right and down of the image.
        glint_x: side of the lamp, -1 left or 1 right.

    Returns:
        (N, 3) linear colours, the glint may exceed 1; and (N,) how far each place shows the eyeball, in [0, 1].
    """
    side = np.sign(x)
    out = np.abs(x) - EYE_X
    part = out / EYE_HALF_WIDTH
    look, shape = identity.look, identity.shape
    upper, lower = _lids(part, blink, 1.0 + 0.22 * shape.eye_open)
    across = side * out - _GAZE_REACH * gaze[0]
    down = y + 0.08 - 0.7 * _GAZE_REACH * gaze[1]
    colour = _eyeball(across, down, part, look.iris)
    shadow = 1.0 - 0.55 * np.exp(-np.clip(y - upper, 0.0, None) / 0.14)
    colour = colour * shadow[:, None]
    glint = ramp(np.hypot(across - 0.20 * glint_x, down + 0.22), 0.15, 0.08)
    colour = colour + 0.9 * glint[:, None]
    inside = ramp(y, upper - 0.02, upper + 0.03) * ramp(y, lower + 0.02, lower - 0.03) * (np.abs(part) < 1.0)
    result = _lid_skin(skin, part, y, upper, lower, blink, shape.lid_hood)
    result = result + (colour - result) * inside[:, None]
    return _lashes(result, part, y, upper, lower, look.lash), inside


def _lids(part: Floats, blink: float, aperture: float) -> tuple[Floats, Floats]:
    """Heights of the lid edges along the eye; `part` is -1 at the inner corner, 1 at the outer one."""
    span = np.clip(1.0 - np.abs(part) ** 2.2, 0.0, 1.0)
    tilt = -0.07 * part
    lower = _LOWER * (0.5 + 0.5 * aperture) * span**0.9 * (1.0 + 0.15 * part) + tilt
    upper = -_UPPER * aperture * span**0.72 * (1.0 - 0.10 * part) + tilt
    return upper + (0.82 * (lower - upper) + 0.02) * blink, lower


def _eyeball(across: Floats, down: Floats, part: Floats, iris_colour: Floats) -> Floats:
    radius = np.hypot(across, down)
    white = np.array([0.74, 0.70, 0.68]) * (1.0 - 0.30 * np.abs(part) ** 3)[:, None]
    pink = bump(part, -1.0, 0.16)
    white = white + (np.array([0.72, 0.45, 0.42]) - white) * pink[:, None]
    ring = 1.0 - 0.65 * ramp(radius, _IRIS - 0.16, _IRIS)
    bright = (0.75 + 0.55 * ramp(down, -0.3, 0.45)) * ring * (0.8 + 0.4 * bump(radius, 0.36, 0.10))
    iris = np.clip(iris_colour * bright[:, None], 0.0, 1.0)
    iris = iris * ramp(radius, _PUPIL - 0.03, _PUPIL + 0.05)[:, None] + 0.012
    colour = white + (iris - white) * ramp(radius, _IRIS + 0.03, _IRIS - 0.03)[:, None]
    return np.asarray(np.clip(colour, 0.0, 1.0) ** 2)


def _lid_skin(skin: Floats, part: Floats, y: Floats, upper: Floats, lower: Floats, blink: float, hood: float) -> Floats:
    """The crease over the eye and the rim of the lower lid."""
    span = ramp(np.abs(part), 1.25, 0.7)
    crease = bump(y, upper * (1.0 - 0.4 * blink) - 0.25 + 0.13 * hood, 0.07) * span * (1.0 - 0.7 * blink)
    under = bump(y, lower + 0.10, 0.09) * span
    shade = 0.42 * crease - 0.06 * under
    return np.asarray(skin * (1.0 - shade[:, None] * np.array([0.85, 1.0, 1.0])))


def _lashes(colour: Floats, part: Floats, y: Floats, upper: Floats, lower: Floats, lash: float) -> Floats:
    reach = ramp(np.abs(part), 1.10, 0.92)
    thick = 0.055 + 0.075 * lash * ramp(part, -1.0, 0.7)
    top = ramp(np.abs(y - upper + 0.4 * thick), thick + 0.03, 0.4 * thick) * reach
    bottom = ramp(np.abs(y - lower - 0.02), 0.07, 0.02) * reach
    dark = np.clip(0.90 * top + 0.42 * bottom * (0.4 + lash), 0.0, 0.92)
    return np.asarray(colour * (1.0 - dark[:, None]) + 0.004 * dark[:, None])
