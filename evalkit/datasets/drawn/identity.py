"""Who is shown: a seeded sample of face shape, colours and style. Any non-negative integer is a person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.seeds import spread, stream

HAIR_STYLES = ("bald", "short", "side", "fringe", "long", "curly", "receding", "bob")
BEARDS = ("none", "stubble", "goatee", "full")

_HAIR_COLOURS = (
    (0.055, 0.045, 0.045),
    (0.16, 0.10, 0.07),
    (0.30, 0.19, 0.11),
    (0.42, 0.19, 0.09),
    (0.74, 0.58, 0.34),
    (0.58, 0.57, 0.56),
)
_IRIS_COLOURS = ((0.22, 0.13, 0.07), (0.33, 0.22, 0.10), (0.30, 0.45, 0.62), (0.33, 0.45, 0.30), (0.45, 0.50, 0.52))


@dataclass(frozen=True)
class Shape:
    """Face proportions. Every field lies in [-1, 1]; 0 is the average head, the scale is chosen in `geometry`."""

    face_width: float
    jaw_width: float
    chin_length: float
    chin_forward: float
    forehead: float
    cheeks: float
    eye_spacing: float
    eye_size: float
    eye_tilt: float
    eye_height: float
    eye_open: float
    lid_hood: float
    brow_ridge: float
    nose_length: float
    nose_width: float
    nose_bridge: float
    nose_forward: float
    mouth_width: float
    mouth_height: float
    lips: float
    mouth_curve: float
    head_depth: float
    neck: float


@dataclass(frozen=True)
class Look:
    """Colours (sRGB triples in [0, 1]) and strengths in [0, 1] of what is painted on the head."""

    skin: NDArray[np.float64]
    lip: NDArray[np.float64]
    hair: NDArray[np.float64]
    brow: NDArray[np.float64]
    iris: NDArray[np.float64]
    clothes: NDArray[np.float64]
    age: float
    blush: float
    freckles: float
    brow_thickness: float
    brow_arch: float
    brow_height: float
    lash: float


@dataclass(frozen=True)
class Identity:
    """One person of the demo corpus."""

    seed: int
    shape: Shape
    look: Look
    hair_style: str
    beard: str
    glasses: bool
    collar: float


def sample_identity(seed: int) -> Identity:
    """Draw the person that belongs to a seed.

    Skin tone, age and build come from sequences that keep neighbouring seeds apart; the rest is independent.
    """
    rng = stream(seed, 1)
    femininity = spread(seed, 0.6180339887, 0.12)
    age = spread(seed, 0.3247179572, 0.35)
    shape = _sample_shape(rng, seed, femininity)
    hair_style = _pick_hair(rng, femininity, age)
    return Identity(
        seed=seed,
        shape=shape,
        look=_sample_look(rng, seed, femininity, age),
        hair_style=hair_style,
        beard=_pick_beard(rng, femininity),
        glasses=bool(rng.uniform() < 0.22),
        collar=float(rng.uniform()),
    )


def _sample_shape(rng: np.random.Generator, seed: int, femininity: float) -> Shape:
    values = {name: float(rng.uniform(-1.0, 1.0)) for name in Shape.__dataclass_fields__}
    values["face_width"] = 2.0 * spread(seed, 0.7548776662, 0.2) - 1.0
    values["chin_length"] = 2.0 * spread(seed, 0.5698402910, 0.6) - 1.0
    lean = 0.45 * (femininity - 0.5)
    for name, sign in (("jaw_width", -1), ("brow_ridge", -1), ("lips", 1), ("eye_size", 1), ("neck", -1)):
        values[name] = float(np.clip(values[name] + 2.0 * sign * lean, -1.0, 1.0))
    return Shape(**values)


def _sample_look(rng: np.random.Generator, seed: int, femininity: float, age: float) -> Look:
    melanin = spread(seed, 0.4142135624, 0.08)
    skin = _skin_colour(melanin, float(rng.uniform(-1.0, 1.0)))
    hair = _hair_colour(rng, melanin, age)
    dark = rng.uniform(0.45, 0.9)
    iris_limit = 2 if melanin > 0.55 else len(_IRIS_COLOURS)
    lip_tint = np.array([1.0, 0.68, 0.66]) if rng.uniform() > 0.5 * femininity else np.array([0.98, 0.50, 0.53])
    return Look(
        skin=skin,
        lip=np.clip(skin * lip_tint * (1.0 - 0.10 * rng.uniform()), 0.0, 1.0),
        hair=hair,
        brow=np.minimum(hair * dark, skin * 0.62),
        iris=np.array(_IRIS_COLOURS[int(rng.integers(iris_limit))]) * rng.uniform(0.8, 1.15),
        clothes=_clothes_colour(rng),
        age=age,
        blush=float(rng.uniform(0.1, 0.7)),
        freckles=float(max(0.0, rng.uniform(-1.2, 1.0)) * (melanin < 0.5)),
        brow_thickness=float(np.clip(rng.uniform(0.25, 1.0) - 0.35 * (femininity - 0.5), 0.1, 1.0)),
        brow_arch=float(rng.uniform(0.0, 1.0)),
        brow_height=float(rng.uniform(-1.0, 1.0)),
        lash=float(0.35 + 0.65 * femininity * rng.uniform(0.6, 1.0)),
    )


def _skin_colour(melanin: float, warmth: float) -> NDArray[np.float64]:
    stops = np.array(
        [[0.93, 0.76, 0.67], [0.86, 0.67, 0.54], [0.74, 0.53, 0.39], [0.58, 0.40, 0.29], [0.45, 0.305, 0.225]]
    )
    at = melanin * (len(stops) - 1)
    low = min(int(at), len(stops) - 2)
    colour = stops[low] * (1.0 - (at - low)) + stops[low + 1] * (at - low)
    return np.asarray(colour * (1.0 + 0.045 * warmth * np.array([0.5, 0.0, -1.0])), dtype=np.float64)


def _hair_colour(rng: np.random.Generator, melanin: float, age: float) -> NDArray[np.float64]:
    choices = 2 if melanin > 0.55 else len(_HAIR_COLOURS) - 1
    colour = np.array(_HAIR_COLOURS[int(rng.integers(choices))]) * rng.uniform(0.85, 1.15)
    grey = float(np.clip((age - 0.62) * 2.6 + rng.uniform(-0.3, 0.3), 0.0, 0.95)) if age > 0.62 else 0.0
    return np.asarray(colour * (1.0 - grey) + np.array(_HAIR_COLOURS[-1]) * grey, dtype=np.float64)


def _clothes_colour(rng: np.random.Generator) -> NDArray[np.float64]:
    hue = rng.uniform(0.0, 2.0 * np.pi)
    wheel = 0.5 + 0.5 * np.cos(hue + np.array([0.0, 2.1, 4.2]))
    return np.asarray(0.10 + rng.uniform(0.15, 0.65) * (0.45 + 0.55 * wheel), dtype=np.float64)


def _pick_hair(rng: np.random.Generator, femininity: float, age: float) -> str:
    if femininity > 0.5:
        return str(rng.choice(["long", "bob", "fringe", "curly", "long", "side"]))
    if age > 0.55:
        return str(rng.choice(["bald", "receding", "short", "side"]))
    return str(rng.choice(["short", "side", "fringe", "curly", "bald"]))


def _pick_beard(rng: np.random.Generator, femininity: float) -> str:
    if femininity > 0.5:
        return "none"
    return str(rng.choice(["none", "stubble", "goatee", "full", "none"]))
