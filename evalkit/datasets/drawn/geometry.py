"""From the average head to a person's neutral face: relief of the features, then the person's proportions."""

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.base import EYE_X, MOUTH_BAND, MOUTH_Y, Surface, bump, curve, ramp
from evalkit.datasets.drawn.identity import Identity, Shape
from evalkit.datasets.drawn.seeds import Floats

_NOSE_HEIGHT = (
    (-2.6, -1.3, -0.3, 1.0, 2.2, 2.9, 3.35, 3.9, 4.4, 4.85, 5.3, 5.9),
    (0, 0.2, 0.5, 1.0, 1.6, 2.0, 2.12, 1.85, 1.2, 0.6, 0.22, 0),
)
_NOSE_WIDTH = ((-2.6, -0.2, 1.5, 3.0, 4.0, 5.2), (1.4, 0.85, 1.0, 1.2, 1.3, 1.4))


def neutral_face(surface: Surface, identity: Identity) -> NDArray[np.float64]:
    """Points of a person's face at rest, without hair: (R, C, 3) in cm, x right, y down, z away from the viewer."""
    facing = ramp(np.cos(surface.angle), 0.05, 0.5)
    relief = facing * (
        _nose(surface, identity.shape) + _eyes(surface, identity.shape) + _mouth(surface, identity.shape)
        + _cheeks_and_chin(surface, identity)
    )  # fmt: skip
    return _proportions(surface, surface.d + relief, identity.shape)


def _nose(s: Surface, shape: Shape) -> Floats:
    across = np.abs(s.x)
    bridge = curve(_NOSE_HEIGHT, s.y)
    upper = ramp(s.y, 3.2, 0.0)
    height = bridge * (1.0 + 0.26 * shape.nose_forward + 0.40 * shape.nose_bridge * upper)
    ridge = height * np.exp(-((across / curve(_NOSE_WIDTH, s.y)) ** 2.2))
    tip = (0.36 + 0.12 * shape.nose_forward) * bump(across, 0.0, 0.75) * bump(s.y, 3.35, 0.6)
    wings = 0.80 * bump(across, 1.25, 0.58) * bump(s.y, 3.95, 0.55)
    crease = -0.22 * bump(across, 1.9, 0.3) * bump(s.y, 4.0, 0.6)
    nostrils = -0.20 * bump(across, 0.62, 0.34) * bump(s.y, 4.45, 0.25)
    return ridge + tip + wings + crease + nostrils


def _eyes(s: Surface, shape: Shape) -> Floats:
    across = np.abs(s.x)
    socket = -(1.0 + 0.22 * shape.brow_ridge) * bump(across, EYE_X - 0.25, 1.75) * bump(s.y, -0.25, 1.05)
    inner = -0.45 * bump(across, 1.65, 0.6) * bump(s.y, -0.2, 0.8)
    reach = ((across - EYE_X) / 1.45) ** 2 + ((s.y - 0.02) / 1.0) ** 2
    ball = 0.62 * np.sqrt(np.clip(1.0 - reach * 0.8, 0.0, 1.0))
    lid_fold = -0.10 * bump(s.y + 0.16 * (across - EYE_X) ** 2, -0.75, 0.16) * bump(across, EYE_X, 1.5, 4.0)
    ridge = (0.42 + 0.30 * shape.brow_ridge) * bump(across, 2.9, 2.2) * bump(s.y, -1.75, 0.75)
    bag = 0.07 * bump(across, EYE_X, 1.3) * bump(s.y, 1.25, 0.35)
    return socket + inner + ball + lid_fold + ridge + bag


def _mouth(s: Surface, shape: Shape) -> Floats:
    across = np.abs(s.x)
    full = 1.0 + 0.60 * _fullness(shape)
    inside = np.clip(1.0 - (across / 2.75) ** 2, 0.0, 1.0)
    muzzle = 0.55 * bump(across, 0.0, 2.7) * bump(s.y, 6.9, 1.9)
    upper = 0.34 * full * inside**0.7 * bump(s.y, MOUTH_Y - 0.38, 0.40)
    lower = 0.42 * full * inside**0.8 * bump(s.y, MOUTH_Y + 0.48, 0.45)
    line = -0.16 * bump(s.y, MOUTH_Y, 0.14) * bump(across, 0.0, 2.5, 6.0)
    corners = -0.25 * bump(across, 2.75, 0.45) * bump(s.y, MOUTH_Y, 0.5)
    philtrum = -0.10 * bump(across, 0.0, 0.28) * bump(s.y, 5.75, 0.55) + 0.05 * bump(across, 0.5, 0.22) * bump(
        s.y, 5.9, 0.5
    )
    return muzzle + upper + lower + line + corners + philtrum


def _cheeks_and_chin(s: Surface, identity: Identity) -> Floats:
    shape, age = identity.shape, identity.look.age
    across = np.abs(s.x)
    bone = (0.45 + 0.25 * shape.cheeks) * bump(across, 4.7, 1.7) * bump(s.y, 1.9, 1.5)
    hollow = (-0.22 + 0.35 * shape.cheeks) * bump(across, 4.4, 1.6) * bump(s.y, 5.6, 1.9)
    fold_x = 1.95 + 0.42 * (s.y - 4.3)
    fold = -(0.05 + 0.16 * age) * np.exp(-(((across - fold_x) / 0.32) ** 2)) * bump(s.y, 5.7, 1.5, 4.0)
    crease = -0.32 * bump(across, 0.0, 1.7) * bump(s.y, 8.55, 0.45)
    chin = (0.55 + 0.40 * shape.chin_forward) * bump(across, 0.0, 1.55) * bump(s.y, 10.0, 1.1)
    temple = -0.25 * bump(across, 6.3, 0.9) * bump(s.y, -2.2, 1.6)
    return np.asarray(bone + hollow + fold + crease + chin + temple)


def _proportions(s: Surface, d: Floats, shape: Shape) -> NDArray[np.float64]:
    """Move points so that the person's proportions come out; weights are functions of the canonical place only."""
    across, side = np.abs(s.x), np.sign(s.x)
    facing = ramp(np.cos(s.angle), -0.1, 0.4)
    width = 1.0 + 0.085 * shape.face_width + (0.13 * shape.jaw_width + 0.03) * ramp(s.y, 2.0, 8.0)
    width = width + 0.07 * shape.cheeks * bump(s.y, 3.5, 2.5)
    mouth_zone = facing * bump(s.y, MOUTH_Y, 1.7) * bump(across, 0.0, 3.6, 4.0)
    nose_zone = facing * bump(s.y, 3.9, 1.2) * bump(across, 0.0, 2.4, 4.0)
    eye_zone = facing * bump(across, EYE_X, 2.1, 4.0) * bump(s.y, -0.2, 1.7, 4.0)
    x = s.x * width * (1.0 + 0.20 * shape.mouth_width * mouth_zone) * (1.0 + 0.30 * shape.nose_width * nose_zone)
    x = x + side * eye_zone * (0.40 * shape.eye_spacing + 0.20 * shape.eye_size * (across - EYE_X))
    y = s.y - 1.3 * shape.forehead * ramp(s.y, -2.0, -8.0) + (0.75 * shape.chin_length - 0.35) * ramp(s.y, 5.5, 11.0)
    y = y + facing * 0.40 * shape.nose_length * bump(s.y, 4.0, 1.6) * bump(across, 0.0, 2.6, 4.0)
    y = y + mouth_zone * ((0.20 * shape.mouth_height - 0.30) + 0.85 * _fullness(shape) * _lip_growth(s.y))
    y = y - mouth_zone * 0.20 * shape.mouth_curve * ((across / 2.5) ** 2 - 0.4)
    y = y + eye_zone * (
        0.25 * shape.eye_height + 0.08 + 0.24 * shape.eye_size * s.y - 0.24 * shape.eye_tilt * (across - EYE_X)
    )
    y = y + _closed_lips(s.y) * facing * bump(across, 0.0, 2.9, 6.0)
    return np.stack([x, y, -d * (1.0 + 0.04 * shape.head_depth)], axis=-1)


def _fullness(shape: Shape) -> float:
    """Fullness of the lips in [-0.25, 1]: thinner ones would vanish at 256 pixels."""
    return 0.375 + 0.625 * shape.lips


def _lip_growth(y: Floats) -> Floats:
    from_line = y - MOUTH_Y
    return np.asarray(0.5 * from_line * np.exp(-((from_line / 1.0) ** 2)))


def _closed_lips(y: Floats) -> Floats:
    """Close the band between the lips that is there for the inside of the mouth."""
    from_line = y - MOUTH_Y
    return np.asarray(-np.sign(from_line) * np.minimum(np.abs(from_line), MOUTH_BAND) * bump(from_line, 0.0, 1.2))
