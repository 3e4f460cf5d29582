"""Meshes: grids of points with texture places, and the few ways to make one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.seeds import Floats


@dataclass(frozen=True)
class Part:
    """One grid mesh of a person at rest.

    Attributes:
        points: (R, C, 3) cm, x right, y down, z away from the viewer.
        place: (R, C, 2) texture place (across, down) in [0, 1] inside the part's own texture.
        texture: name of the texture it is painted with.
        follow: (R, C) how far the part follows the turning head: 1 fully, 0 stays with the body.
        gloss: strength of the highlight.
        two_sided: also seen from behind.
    """

    points: NDArray[np.float64]
    place: NDArray[np.float64]
    texture: str
    follow: NDArray[np.float64]
    gloss: float
    two_sided: bool


def make_part(points: Floats, texture: str, follow: Floats | float, gloss: float, two_sided: bool = False) -> Part:
    """A part whose texture is spread evenly over its grid."""
    rows, columns = points.shape[:2]
    across, down = np.meshgrid(np.linspace(0.0, 1.0, columns), np.linspace(0.0, 1.0, rows))
    return Part(
        points=np.asarray(points, dtype=np.float64),
        place=np.stack([across, down], axis=-1),
        texture=texture,
        follow=np.broadcast_to(np.asarray(follow, dtype=np.float64), (rows, columns)),
        gloss=gloss,
        two_sided=two_sided,
    )


def tube(path: NDArray[np.float64], radius: float, texture: str, around: int = 6) -> Part:
    """A tube of `radius` cm along a path (N, 3) that follows the head fully."""
    ahead = np.gradient(path, axis=0)
    ahead = ahead / np.sqrt((ahead**2).sum(axis=1, keepdims=True))
    up = np.where(np.abs(ahead[:, 2:]) > 0.8, np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    first = np.cross(ahead, up)
    first = first / np.sqrt((first**2).sum(axis=1, keepdims=True))
    second = np.cross(ahead, first)
    turn = np.linspace(0.0, 2.0 * np.pi, around + 1)[None, :, None]
    points = path[:, None] + radius * (np.cos(turn) * first[:, None] + np.sin(turn) * second[:, None])
    return make_part(points, texture, 1.0, 0.5, two_sided=True)


def grid_triangles(rows: int, columns: int, first: int) -> NDArray[np.intp]:
    """Two triangles per cell of a grid whose vertices are numbered from `first` by rows."""
    number = first + np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    upper, lower = np.stack([a, b, c], axis=-1), np.stack([b, d, c], axis=-1)
    return np.concatenate([upper.reshape(-1, 3), lower.reshape(-1, 3)])


def grid_normals(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit normals of a grid of points (R, C, 3), towards the viewer where the front is seen."""
    along = _difference(points, 1)
    down = _difference(points, 0)
    normal = np.stack(
        [
            down[..., 1] * along[..., 2] - down[..., 2] * along[..., 1],
            down[..., 2] * along[..., 0] - down[..., 0] * along[..., 2],
            down[..., 0] * along[..., 1] - down[..., 1] * along[..., 0],
        ],
        axis=-1,
    )
    length = np.sqrt((normal**2).sum(axis=-1, keepdims=True))
    return np.asarray(normal / np.maximum(length, 1e-9))


def _difference(points: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    result = np.empty_like(points)
    moved, out = np.moveaxis(points, axis, 0), np.moveaxis(result, axis, 0)
    out[1:-1] = moved[2:] - moved[:-2]
    out[0], out[-1] = moved[1] - moved[0], moved[-1] - moved[-2]
    return result
