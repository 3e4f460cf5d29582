"""What belongs to the person beside the face: neck and shoulders, ears, long hair, glasses."""

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.base import EYE_X, curve, ramp, surface
from evalkit.datasets.drawn.identity import Identity
from evalkit.datasets.drawn.parts import Part, make_part, tube
from evalkit.datasets.drawn.seeds import Floats, stream, value_noise
from evalkit.datasets.drawn.skin import blend, hair_strands

_NECK_TOP, _BODY_BOTTOM = 7.0, 34.0
_BODY_WIDTH = ((7, 11, 13.5, 15.5, 17, 18.5, 20, 23, 34), (5.2, 5.2, 5.8, 8.0, 12.0, 15.5, 17.5, 19.0, 20.0))
_BODY_DEPTH = ((7, 12, 15, 18, 22, 34), (5.2, 5.4, 6.6, 8.5, 10.5, 12.0))


def torso(identity: Identity) -> Part:
    """Neck and shoulders; the neck's upper end follows the head."""
    angle = np.linspace(-0.62 * np.pi, 0.62 * np.pi, 49)[None, :]
    y = np.concatenate([np.linspace(_NECK_TOP, 14.0, 12), np.linspace(14.5, 23.0, 22), [26.0, 30.0, _BODY_BOTTOM]])[
        :, None
    ]
    neck = 1.0 + 0.12 * identity.shape.neck * ramp(y, 16.0, 12.0)
    x = curve(_BODY_WIDTH, y) * neck * np.sin(angle)
    z = 2.2 - curve(_BODY_DEPTH, y) * np.cos(angle) + 0.4 * ramp(y, 7.0, 16.0)
    return make_part(np.stack(np.broadcast_arrays(x, y, z), axis=-1), "torso", ramp(y, 16.0, 8.0), 0.04)


def paint_torso(identity: Identity, side: int) -> NDArray[np.float32]:
    """Linear-light colours of neck and clothes, (side, side, 3) in [0, 1]; rows follow the rows of the mesh."""
    mesh = torso(identity)
    rows = np.interp(np.linspace(0.0, 1.0, side), np.linspace(0.0, 1.0, mesh.points.shape[0]), mesh.points[:, 0, 1])
    y, angle = rows[:, None], np.linspace(-0.62 * np.pi, 0.62 * np.pi, side)[None, :]
    rng = stream(identity.seed, 21)
    skin = identity.look.skin * (0.97 - 0.42 * ramp(y, 13.5, 9.0) + 0.0 * angle)[..., None]
    folds = 1.0 + 0.10 * value_noise(rng, (side, side), (9, 12)) + 0.04 * value_noise(rng, (side, side), (30, 60))
    depth = 2.0 + 6.0 * identity.collar * (identity.collar > 0.45)
    collar = 14.6 + depth * ramp(np.abs(angle), 0.75, 0.0)
    cloth = identity.look.clothes * folds[..., None]
    colour = blend(skin, cloth, ramp(y, collar - 0.12, collar + 0.12))
    hem = np.exp(-(((y - collar - 0.55) / 0.22) ** 2))
    return np.asarray(np.clip(colour * (1.0 - 0.25 * hem[..., None]), 0.0, 1.0) ** 2, dtype=np.float32)


def ear(identity: Identity, side: int) -> Part:
    """One ear; `side` is -1 for the left of the image and 1 for the right."""
    height, reach = np.meshgrid(np.linspace(-1.0, 1.0, 15), np.linspace(0.0, 1.0, 9), indexing="ij")
    outline = np.sqrt(np.clip(1.0 - height**2, 0.0, 1.0)) ** 0.8 * (1.0 - 0.22 * height)
    length = 3.1 * outline * reach
    relief = 0.55 * np.sin(np.pi * reach) ** 2 * outline + 0.25 * reach**6
    width = 1.0 + 0.085 * identity.shape.face_width
    x = (6.65 * width) + length * 0.48 + relief * 0.5
    z = -0.6 + length * 0.85 - relief * 0.6
    y = 1.4 + 3.2 * height + 0.25 * identity.shape.nose_length - 0.10 * length
    points = np.stack([side * x, y, z], axis=-1)
    return make_part(
        points if side > 0 else points[:, ::-1], "ear" if side > 0 else "ear_left", 1.0, 0.12, two_sided=True
    )


def paint_ear(identity: Identity, side: int, texture_side: int) -> NDArray[np.float32]:
    """Linear-light colours of an ear, (texture_side, texture_side, 3) in [0, 1]."""
    reach = (np.arange(texture_side) + 0.5)[None, :] / texture_side
    reach = reach if side > 0 else 1.0 - reach
    height = (np.arange(texture_side) + 0.5)[:, None] / texture_side * 2.0 - 1.0
    bowl = np.exp(-(((reach - 0.42) / 0.22) ** 2) - ((height - 0.1) / 0.5) ** 2)
    rim = np.exp(-(((reach - 0.80) / 0.07) ** 2)) * ramp(height, 0.7, 0.2)
    shade = np.clip(0.42 * bowl + 0.25 * rim, 0.0, 0.8)
    colour = identity.look.skin * np.array([0.98, 0.86, 0.84]) * (1.0 - shade)[..., None]
    return np.asarray(np.clip(colour, 0.0, 1.0) ** 2, dtype=np.float32)


def long_hair(identity: Identity) -> Part:
    """Hair that falls from the sides and the back of the head."""
    reach = 19.0 if identity.hair_style == "long" else 11.0
    angle = np.linspace(1.12, 2.0 * np.pi - 1.12, 57)[None, :]
    y = np.linspace(-6.5, reach, 34)[:, None]
    head = surface(*np.broadcast_arrays(angle, np.clip(y, -8.0, 3.0)))
    rng = stream(identity.seed, 31)
    swing = 0.45 * value_noise(rng, (34, 57), (4, 14)) + 0.35 * np.sin(0.55 * y + 3.0 * rng.uniform())
    flare = 1.15 + 0.11 * ramp(y, -6.0, 6.0) + (0.05 if identity.hair_style == "long" else -0.12) * ramp(y, 8.0, reach)
    grown = flare + 0.02 * identity.shape.face_width
    front = np.abs(np.sin(angle / 2.0))
    x = head.x * grown + swing * np.sign(head.x)
    z = -head.d * grown + 1.0 * (1.0 - front)
    points = np.stack(np.broadcast_arrays(x, y, z), axis=-1)
    return make_part(points, "hair", 0.25 + 0.75 * ramp(y, 16.0, 4.0), 0.12, two_sided=True)


def paint_hair(identity: Identity, side: int) -> NDArray[np.float32]:
    """Linear-light colours of falling hair, (side, side, 3) in [0, 1]."""
    rng = stream(identity.seed, 32)
    strands = hair_strands(rng, (side, side), identity.hair_style)
    dim = 0.85 - 0.15 * np.linspace(0.0, 1.0, side)[:, None]
    return np.asarray(np.clip(identity.look.hair * (strands * dim)[..., None], 0.0, 1.0) ** 2, dtype=np.float32)


def glasses(identity: Identity, bridge: NDArray[np.float64], temple: Floats) -> list[Part]:
    """Two rims, the bridge and the temples.

    Args:
        bridge: (3,) point of the person's nose at the height of the eyes.
        temple: half the width of the head at the ears, cm.
    """
    turn = np.linspace(0.0, 2.0 * np.pi, 37)
    square = 2.0 + 2.0 * (identity.seed % 3)
    round_x = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** (2.0 / square)
    round_y = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** (2.0 / square)
    centre = EYE_X + 0.40 * identity.shape.eye_spacing + 0.1
    reach = min(2.2, 0.80 * float(temple) - centre)
    z = float(bridge[2]) - 0.35
    made = []
    for side in (-1.0, 1.0):
        x = side * centre + reach * round_x
        curve_back = 0.06 * np.abs(x) ** 2 * 0.6
        made.append(tube(np.stack([x, 0.35 + 1.8 * round_y, z + curve_back], axis=1), 0.10, "frame"))
        arm_x = np.array([side * (centre + reach), side * float(temple), side * float(temple)])
        made.append(tube(np.stack([arm_x, [-0.5, -0.4, -0.2], [z + 1.15, z + 3.2, 0.5]], axis=1), 0.09, "frame"))
    inner = centre - reach
    path = np.stack(
        [np.linspace(-inner, inner, 7), -0.25 - 0.25 * np.cos(np.linspace(-1.5, 1.5, 7)), np.full(7, z)], axis=1
    )
    return [*made, tube(path, 0.10, "frame")]
