"""A FLAME head as the three guidance maps, as MagicPortrait's script draws them. Background is black in all.

depth    grey: 1 at the nearest of the head's points, 0 at the farthest, hidden ones too, in every frame anew
normal   red to the head camera's right, green up, blue towards it; what points away is 0, as a saved picture has no
         negative values
render   a grey head in the light of the source (nine spherical harmonics) where its parameters hold one, else lit from
         the camera. The official script paints the source's skin (FLAME's texture space, another registered file); here
         there is none

Source: `decalib/utils/renderer.py` and `render_and_transfer.py` of MagicPortrait's repository; Ramamoorthi and
Hanrahan, "An Efficient Representation for Irradiance Environment Maps" (SIGGRAPH 2001).
"""

import numpy as np
from numpy.typing import NDArray

from baselines.magicportrait.maps import MapImages
from baselines.magicportrait.raster import Floats, normals, rasterise
from baselines.magicportrait.shading import lit

GREY = 180 / 255
"""DECA's colour of a head without a skin."""
HARMONICS = np.array(
    [
        1 / np.sqrt(4 * np.pi),
        *[2 * np.pi / 3 * np.sqrt(3 / (4 * np.pi))] * 3,
        *[np.pi / 4 * 3 * np.sqrt(5 / (12 * np.pi))] * 3,
        np.pi / 4 * 3 / 2 * np.sqrt(5 / (12 * np.pi)),
        np.pi / 4 / 2 * np.sqrt(5 / (4 * np.pi)),
    ]
)
"""(9,) what each harmonic counts, in DECA's order: 1, x, y, z, xy, xz, yz, x^2 - y^2, 3z^2 - 1."""


def draw(points: Floats, place: Floats, triangles: NDArray[np.int64], light: Floats | None, side: int) -> MapImages:
    """(3, side, side, 3): the maps of a head.

    Args:
        points: (V, 3) of the head, x to the camera's right, y up, z to the camera.
        place: (V, 3) the same in the picture: x and y (down) in its pixels, z away from the camera in any unit.
        triangles: (F, 3), turning left as seen from outside.
        light: (9, 3) of the source, RGB; None where it is not known.
        side: of the maps, pixels.
    """
    seen = rasterise(place, triangles, side)
    away = place[:, 2:] - place[:, 2].min()
    depth = seen.values(triangles, 1 - away / max(float(away.max()), 1e-9))
    facing = seen.values(triangles, normals(points, triangles))
    colours = np.ones(3)
    shade = lit(facing)[..., None] * colours if light is None else GREY * _harmonics(facing) @ light
    images = np.stack([depth * colours, facing, shade]) * seen.covered[..., None]
    return (np.clip(images, 0, 1) * 255 + 0.5).astype(np.uint8)


def _harmonics(facing: Floats) -> Floats:
    """(..., 3) normals -> (..., 9)."""
    x, y, z = np.moveaxis(facing, -1, 0)
    terms = [np.ones_like(x), x, y, z, x * y, x * z, y * z, x**2 - y**2, 3 * z**2 - 1]
    weighted: Floats = np.stack(terms, axis=-1) * HARMONICS
    return weighted
