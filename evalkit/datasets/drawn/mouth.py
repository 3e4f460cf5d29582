"""The inside of the mouth, painted per pixel between the lips: teeth, tongue and darkness."""

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.base import MOUTH_BAND, MOUTH_HALF_WIDTH, MOUTH_Y, bump, ramp
from evalkit.datasets.drawn.blendshapes import JAW_DROP, band_part, lip_taper
from evalkit.datasets.drawn.seeds import Floats


def in_mouth(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Which canonical places lie between the lips."""
    return np.asarray((np.abs(y - MOUTH_Y) < MOUTH_BAND) & (np.abs(x) < MOUTH_HALF_WIDTH))


def paint_mouth(x: Floats, y: Floats, jaw_open: float, smile: float) -> Floats:
    """Linear colours (N, 3) of the inside of the mouth, light included, at canonical places in cm."""
    opening = JAW_DROP * jaw_open * lip_taper(x)
    part = band_part(y)
    below_upper, above_lower = part * opening, (1.0 - part) * opening
    colour = np.array([0.030, 0.008, 0.008]) + 0.0 * x[:, None]
    tongue = ramp(above_lower, 0.75, 0.25) * ramp(np.abs(x), 1.6, 0.9) * ramp(opening, 0.5, 1.0)
    colour = colour + (np.array([0.30, 0.085, 0.08]) - colour) * (0.8 * tongue)[:, None]
    length = 0.36 + 0.20 * smile - 0.10 * bump(np.abs(x), 0.62, 0.16)
    upper = ramp(below_upper, length + 0.06, length - 0.06) * ramp(np.abs(x), 2.1, 1.7)
    lower = ramp(above_lower, 0.24, 0.12) * ramp(np.abs(x), 1.7, 1.2) * ramp(opening, 0.5, 0.9)
    colour = colour + (_teeth(x, 0.44) * 0.60 - colour) * lower[:, None]
    colour = colour + (_teeth(x, 0.46) - colour) * upper[:, None]
    shadow = 0.22 + 0.78 * ramp(below_upper, 0.0, 0.25)
    return np.asarray(colour * shadow[:, None])


def _teeth(x: Floats, width: float) -> Floats:
    gap = 1.0 - 0.30 * bump(np.abs(x / width - np.round(x / width)), 0.0, 0.10)
    shade = gap * (1.0 - 0.75 * ramp(np.abs(x), 0.8, 2.0))
    return np.asarray(np.array([0.52, 0.47, 0.40]) * shade[:, None])
