"""The painted surface of the head: skin, lips, brows, age and hair over the canonical coordinates."""

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.base import (
    BOTTOM_Y,
    EYE_X,
    MOUTH_BAND,
    MOUTH_HALF_WIDTH,
    MOUTH_Y,
    TOP_Y,
    Surface,
    angle_of,
    bump,
    ramp,
    surface,
)
from evalkit.datasets.drawn.hair import beard_amount, hair_depth
from evalkit.datasets.drawn.identity import Identity
from evalkit.datasets.drawn.seeds import Floats, stream, value_noise

Colours = NDArray[np.float64]


def paint_head(identity: Identity, side: int) -> NDArray[np.float32]:
    """Linear-light colours of the head, (side, side, 3) in [0, 1].

    Rows run over the height from top to chin, columns over the column coordinate of `base.angle_of`.
    """
    column = (np.arange(side) + 0.5) / side * 2.0 - 1.0
    row = TOP_Y + (np.arange(side) + 0.5) / side * (BOTTOM_Y - TOP_Y)
    s = surface(*np.broadcast_arrays(angle_of(column)[None, :], row[:, None]))
    colour = _skin(s, identity)
    colour = _age(colour, s, identity)
    colour = _beard(colour, s, identity)
    colour = _lips(colour, s, identity)
    colour = _shade_hollows(colour, s)
    colour = _brows(colour, s, identity)
    colour = _hair(colour, s, identity)
    return np.asarray(np.clip(colour, 0.0, 1.0) ** 2, dtype=np.float32)


def blend(under: Colours, over: Floats, amount: Floats) -> Colours:
    """`over` (a colour or an image) laid on `under` with the given opacity (one value per texel)."""
    return under + (over - under) * np.asarray(amount)[..., None]


def hair_strands(rng: np.random.Generator, shape: tuple[int, int], style: str) -> Floats:
    """Brightness of hair, about 0.6 to 1.4, streaked along the rows."""
    coarse, fine = ((26, 34), (60, 90)) if style == "curly" else ((5, 60), (9, 190))
    return np.asarray(1.0 + 0.24 * value_noise(rng, shape, coarse) + 0.20 * value_noise(rng, shape, fine))


def _skin(s: Surface, identity: Identity) -> Colours:
    look, rng = identity.look, stream(identity.seed, 3)
    blotch = 0.020 * value_noise(rng, s.x.shape, (14, 14)) + 0.014 * value_noise(rng, s.x.shape, (60, 60))
    colour = look.skin * (1.0 + blotch)[..., None]
    across = np.abs(s.x)
    facing = ramp(np.cos(s.angle), 0.0, 0.4)
    red = 0.9 * bump(across, 4.2, 1.9) * bump(s.y, 3.0, 1.7) + 0.5 * bump(across, 0.0, 1.3) * bump(s.y, 4.0, 1.0)
    red = red + 0.25 * bump(across, 0.0, 1.6) * bump(s.y, 10.2, 1.2)
    colour = colour * (1.0 - (0.16 * look.blush * red * facing)[..., None] * np.array([0.1, 1.0, 0.85]))
    spots = ramp(value_noise(rng, s.x.shape, (110, 110)), 0.45, 0.8) * bump(s.y, 2.6, 2.6) * facing
    return blend(colour, look.skin * np.array([0.72, 0.56, 0.45]), 0.6 * look.freckles * spots)


def _age(colour: Colours, s: Surface, identity: Identity) -> Colours:
    """Lines of the forehead, eyes and cheeks, darker with age."""
    age = identity.look.age
    across = np.abs(s.x)
    wave = s.y + 0.12 * np.sin(1.1 * s.x + identity.seed)
    forehead = sum(bump(wave, height, 0.14) for height in (-5.6, -4.7, -3.9)) * bump(across, 0.0, 3.6, 4.0)
    fold = bump(across, 2.0 + 0.42 * (s.y - 4.3), 0.16) * bump(s.y, 5.8, 1.5, 4.0)
    frown = bump(across, 0.55, 0.10) * bump(s.y, -2.0, 0.7)
    bags = bump(s.y - 0.10 * (across - EYE_X) ** 2, 1.15, 0.14) * bump(across, EYE_X - 0.3, 1.2, 4.0)
    feet = sum(bump(s.y - 0.3 * k * (across - 4.9), -0.1 + 0.25 * k, 0.07) for k in (-1, 0, 1)) * bump(across, 5.5, 0.5)
    lines = (0.5 * forehead + 0.75 * fold + 0.5 * frown + 0.7 * bags + 0.5 * feet) * np.clip(age * 1.4 - 0.4, 0.0, 1.0)
    tired = bump(s.y, 0.95, 0.6) * bump(across, EYE_X - 0.2, 1.5)
    shade = (0.26 * lines + 0.10 * tired * (0.5 + age)) * ramp(np.cos(s.angle), 0.1, 0.4)
    return np.asarray(colour * (1.0 - shade[..., None] * np.array([0.8, 1.0, 0.95])))


def _beard(colour: Colours, s: Surface, identity: Identity) -> Colours:
    amount = beard_amount(s, identity)
    rng = stream(identity.seed, 5)
    grain = 1.0 + 0.25 * value_noise(rng, s.x.shape, (90, 140)) + 0.2 * value_noise(rng, s.x.shape, (40, 200))
    if identity.beard == "stubble":
        return blend(colour, colour * np.array([0.62, 0.64, 0.70]), 0.6 * amount * np.clip(grain, 0.0, 1.0))
    edge = ramp(amount + 0.55 * (grain - 1.0), 0.15, 0.95)
    tone = 0.22 * identity.look.skin + 0.75 * identity.look.hair * grain[..., None]
    return blend(colour, tone, 0.84 * edge)


def _lips(colour: Colours, s: Surface, identity: Identity) -> Colours:
    part = np.clip(np.abs(s.x) / (MOUTH_HALF_WIDTH + 0.1), 0.0, 1.0)
    bow = 0.78 * (1.0 - part**1.5) ** 0.9 - 0.16 * bump(s.x, 0.0, 0.32) + 0.05 * bump(np.abs(s.x), 0.55, 0.3)
    full = 0.98 * np.clip(1.0 - part**2.0, 0.0, 1.0) ** 0.75
    up, down = MOUTH_Y - s.y, s.y - MOUTH_Y
    inside = ramp(bow - up, -0.03, 0.12) * (up >= 0.0) + ramp(full - down, -0.03, 0.16) * (down > 0.0)
    inside = inside * ramp(np.abs(s.x), MOUTH_HALF_WIDTH + 0.12, MOUTH_HALF_WIDTH - 0.1) * (np.cos(s.angle) > 0.0)
    wrinkle = 1.0 + 0.05 * value_noise(stream(identity.seed, 6), s.x.shape, (4, 150))
    tone = identity.look.lip * wrinkle[..., None] * np.where(up >= 0.0, 0.88, 1.04)[..., None]
    colour = blend(colour, tone, 0.9 * inside)
    line = bump(s.y, MOUTH_Y, MOUTH_BAND + 0.10, 4.0) * ramp(
        np.abs(s.x), MOUTH_HALF_WIDTH + 0.35, MOUTH_HALF_WIDTH - 0.2
    )
    return colour * (1.0 - 0.62 * (line * (np.cos(s.angle) > 0.0))[..., None])


def _shade_hollows(colour: Colours, s: Surface) -> Colours:
    """Painted occlusion: nostrils, wings of the nose, sockets, under the lower lip, under the jaw."""
    across = np.abs(s.x)
    nostril = 0.72 * bump((across - 0.62) / 0.36, 0.0, 1.0, 3.0) * bump(s.y + 0.25 * (across - 0.6), 4.42, 0.17, 3.0)
    wing = 0.30 * bump(across, 1.70 + 0.12 * (s.y - 3.9), 0.17) * bump(s.y, 4.0, 0.55)
    under_nose = 0.12 * bump(across, 0.0, 1.3) * bump(s.y, 4.85, 0.40)
    socket = 0.30 * bump(across, 1.75, 0.55) * bump(s.y, -0.5, 0.75) + 0.10 * bump(across, 3.1, 1.6) * bump(
        s.y, -0.95, 0.4
    )
    under_lip = 0.24 * bump(across, 0.0, 1.5) * bump(s.y, 8.35, 0.30)
    corner = 0.30 * bump(across, MOUTH_HALF_WIDTH + 0.15, 0.28) * bump(s.y, MOUTH_Y, 0.25)
    total = (nostril + wing + under_nose + socket + under_lip + corner) * ramp(np.cos(s.angle), 0.1, 0.4)
    total = np.clip(total + 0.35 * ramp(s.y, 11.0, 11.9), 0.0, 0.85)
    return np.asarray(colour * (1.0 - total[..., None] * np.array([0.88, 1.0, 1.0])))


def _brows(colour: Colours, s: Surface, identity: Identity) -> Colours:
    look = identity.look
    along = (np.abs(s.x) - 1.25) / 3.7
    middle = (
        -2.15
        - 0.42 * look.brow_height
        - (0.25 + 0.65 * look.brow_arch) * np.sin(np.pi * np.clip(along, 0, 1) ** 1.25) * 0.9
    )
    middle = middle + 0.55 * ramp(along, 0.6, 1.1) * (0.4 + look.brow_arch)
    half = (0.16 + 0.46 * look.brow_thickness) * (1.0 - 0.65 * np.clip(along, 0.0, 1.0) ** 1.6)
    rough = 0.14 * value_noise(stream(identity.seed, 7), s.x.shape, (70, 170))
    inside = ramp(1.0 - np.abs((s.y - middle) / half) + 2.0 * rough, 0.0, 0.55)
    inside = inside * ramp(along, -0.06, 0.14) * ramp(along, 1.05, 0.85) * (np.cos(s.angle) > 0.0)
    return blend(colour, look.brow, (0.55 + 0.4 * look.brow_thickness) * inside)


def _hair(colour: Colours, s: Surface, identity: Identity) -> Colours:
    if identity.hair_style == "bald":
        shadow = ramp(hair_depth(s, identity) + 23.5, 0.0, 1.5)
        return blend(colour, identity.look.hair, 0.10 * shadow * (identity.beard != "none"))
    rng = stream(identity.seed, 8)
    rough = 0.35 if identity.hair_style in ("long", "bob") else 1.0
    ragged = 0.35 * value_noise(rng, s.x.shape, (20, 150)) + 0.15 * value_noise(rng, s.x.shape, (10, 260))
    inside = ramp(hair_depth(s, identity) + rough * ragged, -0.20, 0.45)
    strands = hair_strands(rng, s.x.shape, identity.hair_style)
    root = 0.72 + 0.28 * ramp(hair_depth(s, identity), 0.2, 2.0)
    return blend(colour, identity.look.hair * (strands * root)[..., None], inside)
