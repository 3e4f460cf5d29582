"""A person ready to be drawn: all meshes at rest in one list of vertices, and all textures in one atlas."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evalkit.datasets.drawn.base import BOTTOM_Y, TOP_Y, Surface, grid_columns, grid_rows, surface
from evalkit.datasets.drawn.blendshapes import blendshapes
from evalkit.datasets.drawn.body import ear, glasses, long_hair, paint_ear, paint_hair, paint_torso, torso
from evalkit.datasets.drawn.geometry import neutral_face
from evalkit.datasets.drawn.hair import beard_lift, hair_depth, hair_lift, stand_off
from evalkit.datasets.drawn.identity import Identity, sample_identity
from evalkit.datasets.drawn.parts import Part, grid_triangles
from evalkit.datasets.drawn.skin import paint_head

_COVERED_EARS = ("long", "bob", "curly")
_FALLING = ("long", "bob")


@dataclass(frozen=True)
class Person:
    """Everything about a person that does not change from frame to frame.

    The head is the first part, so its vertices come first and `moves` belongs to them.

    Attributes:
        identity: who it is.
        grids: rows and columns of every part, in vertex order.
        points: (V, 3) rest points in cm, x right, y down, z away from the viewer.
        moves: (5, H, 3) displacements of the H head vertices per expression parameter.
        follow: (V, 1) how far a vertex follows the turning head.
        fixed: (V, 5) float32: atlas column and row, canonical x and y in cm (999 off the head), gloss.
        triangles: (M, 3) vertex numbers.
        two_sided: (M,) triangles also seen from behind.
        atlas: (A, side, 3) float32 linear colours of all textures, one below the other.
    """

    identity: Identity
    grids: tuple[tuple[int, int], ...]
    points: NDArray[np.float64]
    moves: NDArray[np.float64]
    follow: NDArray[np.float64]
    fixed: NDArray[np.float32]
    triangles: NDArray[np.intp]
    two_sided: NDArray[np.bool_]
    atlas: NDArray[np.float32]


@lru_cache(maxsize=2)
def build_person(seed: int, size: int) -> Person:
    """Shape and paint the person of a seed for images of `size` pixels."""
    identity = sample_identity(seed)
    columns, rows = np.meshgrid(grid_columns(), grid_rows())
    canonical = surface(columns, rows)
    parts = [_head(identity), *_other_parts(identity)]
    textures = _textures(identity, 2 * size)
    used = list(dict.fromkeys(part.texture for part in parts))
    first_row = dict(zip(used, np.cumsum([0, *(len(textures[name]) for name in used)]), strict=False))
    place = np.concatenate([_atlas_place(part, textures[part.texture], first_row[part.texture]) for part in parts])
    count = sum(part.follow.size for part in parts)
    coordinates, gloss = (
        np.full((count, 2), 999.0),
        np.concatenate([np.full(part.follow.size, part.gloss) for part in parts]),
    )
    coordinates[: columns.size] = _face_coordinates(canonical)
    gloss[: columns.size] *= _head_gloss(canonical, identity)
    meshes = _triangles(parts)
    return Person(
        identity=identity,
        grids=tuple((part.follow.shape[0], part.follow.shape[1]) for part in parts),
        points=np.concatenate([part.points.reshape(-1, 3) for part in parts]),
        moves=blendshapes(canonical).reshape(5, -1, 3),
        follow=np.concatenate([part.follow.reshape(-1, 1) for part in parts]),
        fixed=np.concatenate([place, coordinates, gloss[:, None]], axis=1).astype(np.float32),
        triangles=np.concatenate(meshes),
        two_sided=np.repeat([part.two_sided for part in parts], [len(mesh) for mesh in meshes]),
        atlas=np.concatenate([_widen(textures[name], 2 * size) for name in used]),
    )


def _face_coordinates(canonical: Surface) -> NDArray[np.float64]:
    """Canonical x and y (H, 2) of the head's front; 999 behind, so that eyes and mouth are painted once."""
    places = np.stack([canonical.x, canonical.y], axis=-1).reshape(-1, 2)
    return np.where((np.cos(canonical.angle) > 0.0).reshape(-1, 1), places, 999.0)


def _head_gloss(canonical: Surface, identity: Identity) -> NDArray[np.float64]:
    """Highlight (H,) relative to the part's own: stronger on dark skin, weak on hair."""
    skin = 1.9 - 1.1 * float(identity.look.skin.mean())
    return np.asarray(skin * np.where(hair_depth(canonical, identity) > 0.0, 0.35, 1.0).reshape(-1))


def _head(identity: Identity) -> Part:
    columns, rows = np.meshgrid(grid_columns(), grid_rows())
    canonical = surface(columns, rows)
    points = neutral_face(canonical, identity)
    points = stand_off(points, canonical, hair_lift(canonical, identity) + beard_lift(canonical, identity))
    across = np.broadcast_to(np.linspace(0.0, 1.0, columns.shape[1]), columns.shape)
    place = np.stack([across, (rows - TOP_Y) / (BOTTOM_Y - TOP_Y)], axis=-1)
    return Part(points, place, "head", np.ones(columns.shape), 0.10, False)


def _other_parts(identity: Identity) -> list[Part]:
    parts = [torso(identity)]
    if identity.hair_style not in _COVERED_EARS:
        parts += [ear(identity, -1), ear(identity, 1)]
    if identity.hair_style in _FALLING:
        parts.append(long_hair(identity))
    if identity.glasses:
        bridge = neutral_face(surface(np.zeros((1, 1)), np.zeros((1, 1))), identity)[0, 0]
        temple = neutral_face(surface(np.full((1, 1), 1.5), np.zeros((1, 1))), identity)[0, 0, 0]
        parts += glasses(identity, bridge, temple)
    return parts


def _textures(identity: Identity, side: int) -> dict[str, NDArray[np.float32]]:
    small = max(side // 4, 16)
    return {
        "head": paint_head(identity, side),
        "torso": paint_torso(identity, side // 2),
        "ear": paint_ear(identity, 1, small),
        "ear_left": paint_ear(identity, -1, small),
        "hair": paint_hair(identity, side // 2),
        "frame": np.full((2, 2, 3), 0.05, dtype=np.float32),
    }


def _atlas_place(part: Part, texture: NDArray[np.float32], first_row: int) -> NDArray[np.float64]:
    last = len(texture) - 1e-3
    return np.asarray(part.place.reshape(-1, 2) * last + np.array([0.0, first_row]))


def _widen(texture: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    return np.pad(texture, ((0, 0), (0, width - texture.shape[1]), (0, 0)))


def _triangles(parts: list[Part]) -> list[NDArray[np.intp]]:
    meshes, first = [], 0
    for part in parts:
        meshes.append(grid_triangles(part.follow.shape[0], part.follow.shape[1], first))
        first += part.follow.size
    return meshes
