"""A mesh as the three guidance maps. Background is black in all.

depth    grey; the nearer the lighter, over a range fixed by the size of the head, so that a still head keeps its greys
normal   red to the right, green up, blue towards the camera, from -1 (0) to 1 (255)
render   a grey head lit from the camera, a little from above
"""

import numpy as np
from numpy.typing import NDArray

from baselines.magicportrait.maps import MapImages
from baselines.magicportrait.raster import Floats, normals, rasterise
from baselines.magicportrait.shading import lit
from baselines.magicportrait_mesh.heads import RIGID

NEAR, FAR = -1.6, 1.6
"""Range of depths, from the middle of the rigid points in their root mean square distance from it."""
DARKEST = 0.1
"""Grey of the farthest point: not that of the background."""


def draw(points: Floats, triangles: NDArray[np.int64], side: int) -> MapImages:
    """(3, side, side, 3): the maps of a mesh (N, 3) in pixels of that picture, x to the right, y down, z away."""
    seen = rasterise(points, triangles, side)
    rigid = points[list(RIGID)]
    centre = rigid.mean(axis=0)
    size = np.sqrt(((rigid - centre) ** 2).sum(axis=1).mean())
    away = (points[:, 2:] - centre[2]) / size
    near = np.clip((FAR - away) / (FAR - NEAR), 0, 1)
    outward = normals(points, triangles) * [1, -1, -1]
    depth = seen.values(triangles, DARKEST + (1 - DARKEST) * near)
    facing = seen.values(triangles, outward)
    facing /= np.maximum(np.linalg.norm(facing, axis=2, keepdims=True), 1e-9)
    grey = np.ones(3)
    images = np.stack([depth * grey, (facing + 1) / 2, lit(facing)[..., None] * grey]) * seen.covered[..., None]
    return np.asarray(np.rint(images * 255), dtype=np.uint8)
