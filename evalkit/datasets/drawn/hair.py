"""Hair and beard: where they grow on the canonical head, and how far they stand off."""

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.base import Surface, bump, curve, ramp
from evalkit.datasets.drawn.identity import Identity
from evalkit.datasets.drawn.seeds import Floats, stream, value_noise

_DEGREES = (0.0, 18.0, 32.0, 44.0, 54.0, 62.0, 70.0, 77.0, 83.0, 92.0, 104.0, 120.0, 180.0)
_HAIRLINES = {
    "bald": (-30.0,) * 13,
    "receding": (-8.6, -9.4, -9.4, -7.0, -4.6, -2.6, -0.6, 1.0, 0.6, -2.0, 3.0, 6.5, 8.0),
    "short": (-6.9, -6.8, -6.5, -5.6, -4.0, -2.4, 0.2, 1.4, 0.8, -2.4, 3.0, 6.5, 8.0),
    "side": (-6.7, -6.5, -6.2, -5.2, -3.6, -1.8, 0.8, 1.8, 1.2, -1.6, 3.5, 7.0, 8.5),
    "fringe": (-3.5, -3.5, -3.6, -3.5, -2.9, -1.5, 1.2, 2.6, 2.4, 0.5, 4.0, 7.5, 9.0),
    "long": (-6.6, -6.2, -5.4, -4.1, -2.4, 0.2, 4.0, 7.0, 8.0, 8.5, 9.0, 9.5, 10.0),
    "curly": (-6.3, -6.2, -5.9, -5.1, -3.8, -1.6, 2.2, 4.0, 4.4, 4.6, 5.0, 8.0, 9.0),
    "bob": (-5.0, -4.3, -3.8, -3.4, -2.4, 0.6, 5.0, 7.6, 8.2, 8.6, 9.0, 9.4, 9.6),
}
_CM_PER_DEGREE = 0.15
_THICKNESS = {
    "bald": 0.0,
    "receding": 0.5,
    "short": 0.75,
    "side": 1.5,
    "fringe": 1.4,
    "long": 1.5,
    "curly": 2.7,
    "bob": 1.9,
}


def hair_depth(surface: Surface, identity: Identity) -> Floats:
    """How many cm a point lies inside the hair line (negative: outside), before any roughness."""
    style, lean = identity.hair_style, (1.0 if identity.seed % 2 else -1.0)
    degrees = np.abs(np.rad2deg(surface.angle))
    line = curve((_DEGREES, _HAIRLINES[style]), degrees)
    if style in ("side", "fringe"):
        line = line + lean * 0.55 * np.sin(surface.angle * 1.6) * bump(degrees, 0.0, 55.0, 4.0)
    slope = (
        curve((_DEGREES, _HAIRLINES[style]), degrees + 1.0) - curve((_DEGREES, _HAIRLINES[style]), degrees - 1.0)
    ) / 2.0
    return np.asarray((line - surface.y) / np.sqrt(1.0 + (slope / _CM_PER_DEGREE) ** 2))


def hair_lift(surface: Surface, identity: Identity) -> Floats:
    """Height of the hair over the skin in cm."""
    style, lean = identity.hair_style, (1.0 if identity.seed % 2 else -1.0)
    inside = hair_depth(surface, identity)
    lift = _THICKNESS[style] * ramp(inside, -0.2, 1.6)
    crown = ramp(surface.y, 1.0, -7.0)
    if style in ("short", "side", "fringe", "receding"):
        lift = lift * (0.40 + 0.60 * crown)
    if style in ("side", "long", "bob"):
        part = bump(surface.x, lean * 2.6, 0.45) * ramp(surface.y, -4.5, -7.0) * ramp(np.cos(surface.angle), -0.2, 0.3)
        lift = lift * (1.0 - 0.5 * part) * (1.0 - 0.16 * lean * np.tanh(surface.x / 3.0))
    if style == "curly":
        lift = lift * (1.0 + 0.22 * value_noise(stream(identity.seed, 11), lift.shape, (16, 18)))
    return np.asarray(lift)


def beard_amount(surface: Surface, identity: Identity) -> Floats:
    """How densely the beard grows, in [0, 1]."""
    across = np.abs(surface.x)
    if identity.beard == "none":
        return np.zeros_like(surface.x)
    moustache = ramp(surface.y, 5.2, 5.9) * ramp(surface.y, 6.75, 6.35) * ramp(across, 3.0, 2.0)
    soul = bump(across, 0.0, 0.5) * bump(surface.y, 8.4, 0.5)
    if identity.beard == "goatee":
        chin = ramp(surface.y, 8.4, 9.4) * ramp(across, 2.9, 1.5)
        sides = 0.7 * bump(across, 2.8, 0.45) * ramp(surface.y, 6.4, 7.6) * ramp(surface.y, 10.0, 8.6)
        return np.asarray(np.clip(moustache + chin + sides + soul, 0.0, 1.0))
    edge = 3.2 + 4.2 * ramp(across, 6.4, 2.6) - 5.0 * ramp(np.abs(surface.angle), 1.0, 1.3)
    cheeks = ramp(surface.y, edge, edge + 1.3) * ramp(np.abs(surface.angle), 1.45, 1.3)
    below_lips = 1.0 - ramp(across, 2.7, 2.2) * ramp(surface.y, 8.7, 8.2)
    return np.asarray(np.clip(moustache + cheeks * below_lips + soul, 0.0, 1.0))


def beard_lift(surface: Surface, identity: Identity) -> Floats:
    """Height of a full beard over the skin in cm."""
    length = {"none": 0.0, "stubble": 0.0, "goatee": 0.22, "full": 0.45}[identity.beard]
    return np.asarray(length * beard_amount(surface, identity) * (0.4 + 0.6 * ramp(surface.y, 7.5, 9.5)))


def stand_off(points: NDArray[np.float64], surface: Surface, lift: Floats) -> NDArray[np.float64]:
    """Points moved away from the middle of the head by `lift` cm."""
    out = np.stack([surface.x / 7.0**2, (surface.y + 1.0) / 11.0**2, -surface.d / 9.5**2], axis=-1)
    out = out / np.sqrt((out**2).sum(axis=-1, keepdims=True))
    return np.asarray(points + out * lift[..., None])
