"""The average head without features: a closed surface over an angle and a height, in cm.

Canonical coordinates, shared by geometry and painting: `x` to the right of the image, `y` down, `d` towards the viewer;
the origin lies in the middle of the head at the height of the eyes. Proportions follow common adult anthropometry
(face width 13.5, eye line to chin 11.5, pupils 6.3 apart, mouth 5 wide and 7 below the eyes).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from evalkit.datasets.drawn.seeds import Floats

EYE_X, EYE_HALF_WIDTH = 3.15, 1.5
MOUTH_Y, MOUTH_HALF_WIDTH, MOUTH_BAND = 7.0, 2.5, 0.09
TOP_Y, CAP_Y, BOTTOM_Y = -11.9, -2.6, 11.9

_WIDTH = (
    (-2.6, 0, 2, 4, 6, 7.5, 9, 10.2, 11.1, 11.6, 11.9),
    (7.5, 7.15, 6.95, 6.6, 6.05, 5.5, 4.7, 3.75, 2.7, 1.7, 0.0),
)
_FRONT = ((-2.6, 0, 2, 4, 6, 7.5, 9, 10.2, 11.1, 11.6, 11.9), (9.6, 9.25, 9.2, 9.3, 9.35, 9.3, 9.0, 8.9, 8.3, 7.4, 5.0))
_BACK = ((-2.6, 0, 3, 6, 9, 11.9), (10.0, 9.8, 8.8, 6.8, 4.5, 1.0))


@dataclass(frozen=True)
class Surface:
    """Points of the average head with the angle they belong to; all arrays have one shape."""

    angle: Floats
    x: Floats
    y: Floats
    d: Floats


def surface(angle: Floats, y: Floats) -> Surface:
    """The average head at angles (radians, 0 is the face, positive to the right of the image) and heights in cm."""
    cap = np.clip((CAP_Y - y) / (CAP_Y - TOP_Y), 0.0, 1.0)
    width = np.where(cap > 0.0, 7.55 * (1.0 - cap**2.3) ** 0.5, curve(_WIDTH, y))
    front = np.where(cap > 0.0, 9.6 * (1.0 - cap**2.6) ** 0.5, curve(_FRONT, y))
    back = np.where(cap > 0.0, 10.0 * (1.0 - cap**2.3) ** 0.5, curve(_BACK, y))
    sine, cosine = np.sin(angle), np.cos(angle)
    depth = np.where(cosine > 0.0, front, back) * np.sign(cosine) * np.abs(cosine) ** 0.92
    return Surface(angle=angle, x=width * np.sign(sine) * np.abs(sine) ** 0.9, y=y + 0.0 * angle, d=depth)


def angle_of(column: Floats) -> Floats:
    """The angle at a column coordinate in [-1, 1]; columns are dense on the face and sparse behind."""
    return np.asarray(np.pi * (0.42 * column + 0.58 * column**3))


def grid_columns(count: int = 113) -> NDArray[np.float64]:
    """Angles of the mesh columns, from the back over the left of the image to the back again."""
    return np.asarray(angle_of(np.linspace(-1.0, 1.0, count)), dtype=np.float64)


def grid_rows() -> NDArray[np.float64]:
    """Heights of the mesh rows; two of them are the inner edges of the lips."""
    cap = CAP_Y - (CAP_Y - TOP_Y) * np.cos(np.linspace(0.0, np.pi / 2.0, 20))
    face = np.arange(CAP_Y + 0.3, 5.2, 0.26)
    edge = np.array([MOUTH_BAND, MOUTH_BAND / 2.0, 0.0, -MOUTH_BAND / 2.0, -MOUTH_BAND])
    lips = np.array([1.6, 1.4, 1.2, 1.0, 0.82, 0.65, 0.5, 0.36, 0.22])
    mouth = np.concatenate([MOUTH_Y - lips, MOUTH_Y - edge, MOUTH_Y + lips[::-1]])
    chin = np.concatenate([np.arange(8.85, 11.0, 0.28), np.array([11.1, 11.35, 11.55, 11.7, 11.8, 11.87, 11.9])])
    return np.concatenate([cap, face, mouth, chin])


def bump(value: Floats, centre: Floats | float, size: float, power: float = 2.0) -> Floats:
    """1 at the centre, falling smoothly to 0: exp(-|(value - centre) / size| ** power)."""
    return np.asarray(np.exp(-(np.abs((value - centre) / size) ** power)))


def ramp(value: Floats, start: Floats | float, end: Floats | float) -> Floats:
    """0 before `start`, 1 after `end`, smooth in between; `start` may be the larger one."""
    part = np.clip((value - start) / (end - start), 0.0, 1.0)
    return np.asarray(part * part * (3.0 - 2.0 * part))


def curve(points: tuple[tuple[float, ...], tuple[float, ...]], at: Floats) -> Floats:
    """Monotone cubic curve through `(positions, values)`, held constant outside."""
    positions, values = points
    return np.asarray(PchipInterpolator(positions, values)(np.clip(at, positions[0], positions[-1])))
