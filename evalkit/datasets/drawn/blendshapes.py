"""How an expression moves the points of a head: one displacement field per parameter, added linearly."""

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.base import EYE_X, MOUTH_BAND, MOUTH_HALF_WIDTH, MOUTH_Y, Surface, bump, ramp
from evalkit.datasets.drawn.seeds import Floats

JAW_DROP = 2.1
_HINGE_Y, _HINGE_D = 2.2, 0.5


def blendshapes(surface: Surface) -> NDArray[np.float64]:
    """Displacements in cm of jaw_open, mouth_width, smile, brow_raise and blink at their largest, (5, R, C, 3)."""
    facing = ramp(np.cos(surface.angle), 0.0, 0.5)
    fields = [_jaw_open(surface), _mouth_width(surface), _smile(surface), _brow_raise(surface), _blink(surface)]
    return np.stack([field * facing[..., None] for field in fields])


def _field(x: Floats, y: Floats, d: Floats) -> NDArray[np.float64]:
    return np.stack(np.broadcast_arrays(x, y, -d), axis=-1)


def lip_taper(x: Floats) -> Floats:
    """How far the lips part along the mouth, relative to its middle: 1 at 0, 0 at the corners."""
    return np.asarray(np.clip(1.0 - (np.abs(x) / MOUTH_HALF_WIDTH) ** 2.2, 0.0, 1.0) ** 0.75)


def band_part(y: Floats) -> Floats:
    """Place in the band between the lips: 0 at the upper lip and above, 1 at the lower lip and below."""
    return np.asarray(np.clip((y - (MOUTH_Y - MOUTH_BAND)) / (2.0 * MOUTH_BAND), 0.0, 1.0))


def _jaw_open(s: Surface) -> NDArray[np.float64]:
    """Rotation of the jaw about the hinge before the ears; the band between the lips becomes the opening."""
    across = np.abs(s.x)
    cheek = ramp(s.y - 0.55 * (across - MOUTH_HALF_WIDTH), 4.6, 9.6)
    part = band_part(s.y)
    taper = lip_taper(s.x)
    corner = 0.42 * (1.0 - taper)
    lips = part * (taper + corner) + (1.0 - part) * corner * ramp(s.y, 5.2, MOUTH_Y)
    chin = ramp(s.y, 8.0, 9.6)
    middle = bump(across, 0.0, 3.0, 6.0)
    weight = (lips * (1.0 - chin) + chin) * middle + cheek * (1.0 - middle)
    drop = JAW_DROP * weight * np.clip((s.d - _HINGE_D) / 8.5, 0.0, 1.2)
    back = -0.22 * JAW_DROP * weight * (s.y - _HINGE_Y) / 7.0
    inside = -0.9 * np.sin(np.pi * part) * taper
    return _field(-0.05 * s.x * weight, drop, back + inside)


def _mouth_width(s: Surface) -> NDArray[np.float64]:
    across = np.abs(s.x)
    zone = bump(s.y, MOUTH_Y, 1.9) * bump(across, 0.0, 4.2, 3.0)
    return _field(0.20 * s.x * zone, 0.0 * zone, -0.22 * zone * bump(across, 0.0, 2.4))


def _smile(s: Surface) -> NDArray[np.float64]:
    across, side = np.abs(s.x), np.sign(s.x)
    corner = bump(across, 2.9, 1.5) * bump(s.y, 6.7, 1.5)
    cheek = bump(across, 4.0, 1.5) * bump(s.y, 3.6, 1.6)
    stretch = 0.10 * s.x * bump(s.y, MOUTH_Y, 1.5) * bump(across, 0.0, 3.0, 4.0)
    lid = bump(across, EYE_X, 1.5) * bump(s.y, 1.3, 0.6)
    return _field(
        stretch + side * 0.28 * corner,
        -0.75 * corner - 0.30 * cheek - 0.14 * lid + 0.10 * bump(across, 0.0, 1.2) * bump(s.y, MOUTH_Y, 0.9),
        -0.30 * corner + 0.35 * cheek,
    )


def _brow_raise(s: Surface) -> NDArray[np.float64]:
    across = np.abs(s.x)
    zone = bump(across, 3.2, 2.6, 4.0) * bump(s.y, -2.3, 1.3)
    lid = bump(across, EYE_X, 1.6) * bump(s.y, -0.8, 0.5)
    return _field(0.0 * zone, -0.85 * zone - 0.10 * lid, 0.05 * zone)


def _blink(s: Surface) -> NDArray[np.float64]:
    across = np.abs(s.x)
    brow = bump(across, 3.0, 2.4) * bump(s.y, -2.0, 1.0)
    return _field(0.0 * brow, 0.12 * brow, 0.0 * brow)
