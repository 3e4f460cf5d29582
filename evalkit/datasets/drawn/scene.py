"""Around the person: camera, lamps and a still, softly blurred background."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from evalkit.datasets.drawn.seeds import Floats, stream

FOCAL = 3.0
DISTANCE = 116.0
CENTRE = (0.5, 0.47)


@dataclass(frozen=True)
class Lamps:
    """Light of one clip: unit directions towards the lamps (camera axes) and linear colours."""

    key: NDArray[np.float64]
    key_colour: NDArray[np.float64]
    fill: NDArray[np.float64]
    fill_colour: NDArray[np.float64]
    sky: NDArray[np.float64]
    ground: NDArray[np.float64]


def project(points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Camera points (N, 3) in cm to screen x, y in pixels of a square image, and depth kept in cm."""
    scale = FOCAL * side / points[:, 2]
    x = points[:, 0] * scale + CENTRE[0] * side
    y = points[:, 1] * scale + CENTRE[1] * side
    return np.stack([x, y, points[:, 2]], axis=1)


def lamps(identity: int, clip: int) -> Lamps:
    """The lamps of a clip: a soft key from one side, a fill from the other."""
    rng = stream(identity, 41, clip)
    side = 1.0 if rng.uniform() < 0.5 else -1.0
    warm = rng.uniform(-0.05, 0.07) * np.array([1.0, 0.1, -1.2])
    return Lamps(
        key=_unit(side * rng.uniform(0.30, 0.65), rng.uniform(-0.75, -0.45), -1.0),
        key_colour=0.80 * (1.0 + warm),
        fill=_unit(-side * 0.9, -0.1, -0.7),
        fill_colour=0.24 * (1.0 - 0.7 * warm),
        sky=0.36 * (1.0 - 0.4 * warm),
        ground=np.array([0.15, 0.135, 0.125]),
    )


def light(normals: NDArray[np.float64], lit_by: Lamps) -> NDArray[np.float64]:
    """Diffuse light (N, 3) and highlight (N, 1) on unit normals (N, 3) in camera axes, as (N, 4).

    The lamps reach round the edge of the shadow, red the furthest, the way light travels in skin.
    """
    wrap = np.array([0.34, 0.22, 0.18])
    key, fill = _along(normals, lit_by.key), _along(normals, lit_by.fill)
    up = 0.5 - 0.5 * normals[:, 1:2]
    diffuse = np.clip((key + wrap) / (1.0 + wrap), 0.0, None) * lit_by.key_colour
    diffuse = diffuse + np.clip((fill + wrap) / (1.0 + wrap), 0.0, None) * lit_by.fill_colour
    diffuse = diffuse + up * lit_by.sky + (1.0 - up) * lit_by.ground
    half = lit_by.key + np.array([0.0, 0.0, -1.0])
    shine = np.clip(_along(normals, half / np.sqrt((half**2).sum())), 0.0, 1.0) ** 22
    return np.concatenate([diffuse, shine], axis=1)


def background(identity: int, clip: int, size: int) -> NDArray[np.float32]:
    """A still linear-light image (size, size, 3) in [0, 1]: a wall and things out of focus."""
    rng = stream(identity, 42, clip)
    y, x = np.meshgrid((np.arange(size) + 0.5) / size, (np.arange(size) + 0.5) / size, indexing="ij")
    base = rng.uniform(0.25, 0.75) * (1.0 + rng.uniform(-0.12, 0.12, 3))
    slope = rng.uniform(-0.25, 0.25, 2)
    image = base * (1.0 + slope[0] * (x - 0.5) + slope[1] * (y - 0.5))[..., None]
    for _ in range(6):
        centre, extent = rng.uniform(-0.1, 1.1, 2), rng.uniform(0.05, 0.30, 2)
        colour = np.clip(base + rng.uniform(-0.20, 0.20) + rng.uniform(-0.06, 0.06, 3), 0.05, 0.9)
        inside = (np.abs(x - centre[0]) < extent[0]) & (np.abs(y - centre[1]) < extent[1] * 1.6)
        image = np.where(inside[..., None], colour, image)
    image = gaussian_filter(image, (size * 0.03, size * 0.03, 0.0))
    return np.asarray(np.clip(image, 0.0, 1.0) ** 2, dtype=np.float32)


def _unit(x: float, y: float, z: float) -> NDArray[np.float64]:
    vector = np.array([x, y, z])
    return np.asarray(vector / np.sqrt((vector**2).sum()))


def _along(normals: Floats, direction: Floats) -> Floats:
    total = normals[:, 0] * direction[0] + normals[:, 1] * direction[1] + normals[:, 2] * direction[2]
    return np.asarray(total[:, None])
