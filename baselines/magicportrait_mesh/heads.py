"""Structured face alignment with a landmark mesh: the source's shape, a driving frame's expression and pose.

The paper puts the expression and pose of the driving FLAME model on the shape of the source's. A landmark mesh has no
such parts, so they are taken apart here:

    pose        MediaPipe's head rotation; place and size stay those of the source, as in the paper
    shape       the mesh turned to the front, of unit size, less its expression
    expression  what is left: the driving mesh, turned to the front, less its shape

What of a person's mesh is shape and what expression is read from the driving clip: its meshes are regressed on its
blendshapes (ridge), and shape is what the regression gives where all blendshapes are zero.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RIGID = (10, 67, 103, 109, 54, 297, 332, 338, 284, 168, 6, 197, 195, 33, 133, 263, 362, 127, 234, 356, 454)
"""Points of forehead, temples, bridge of the nose and corners of the eyes, which expressions hardly move."""

RIDGE = 0.1
"""Weight that keeps blendshapes the clip hardly shows from being given any motion; blendshapes are in [0, 1]."""

NECK = np.array([0.0, 0.5, 1.2])
"""Where the head turns, from the middle of `RIGID` in their root mean square distance from it: below, and behind."""


@dataclass(frozen=True)
class Heads:
    """Meshes of T frames; NaN where no face was found.

    Attributes:
        points: (T, N, 3) x to the right, y down, z away, in pixels.
        rotation: (T, 3, 3) of the head, in the same axes.
        blendshapes: (T, 52) in [0, 1].
    """

    points: Floats
    rotation: Floats
    blendshapes: Floats

    @property
    def found(self) -> NDArray[np.bool_]:
        """(T,) whether there is a face."""
        return np.asarray(np.isfinite(self.points).all(axis=(1, 2)))

    def __getitem__(self, chosen: NDArray[np.int64]) -> "Heads":
        return Heads(self.points[chosen], self.rotation[chosen], self.blendshapes[chosen])


def aligned(source: Heads, driving: Heads) -> Floats:
    """(T, N, 3) meshes in the source's picture: its shape, place and size, expression and pose of the driving frames.

    Args:
        source: one head that was found.
        driving: T heads that were found.
    """
    own, centre, size = _to_front(source)
    meshes, _, _ = _to_front(driving)
    slopes, neutral = _expression(driving.blendshapes, meshes)
    shape = own[0] - np.tensordot(source.blendshapes[0], slopes, 1)
    posed = np.einsum("tij,tnj->tni", driving.rotation, shape + (meshes - neutral) - NECK)
    neck = centre[0] + size[0] * source.rotation[0] @ NECK
    placed: Floats = neck + size[0] * posed
    return placed


def _to_front(heads: Heads) -> tuple[Floats, Floats, Floats]:
    """Meshes turned to the front, around 0, of unit size; where they were (T, 3), and how large (T,)."""
    rigid = heads.points[:, RIGID]
    centre = rigid.mean(axis=1)
    size = np.sqrt(((rigid - centre[:, None]) ** 2).sum(axis=2).mean(axis=1))
    turned = np.einsum("tji,tnj->tni", heads.rotation, heads.points - centre[:, None])
    return turned / size[:, None, None], centre, size


def _expression(blendshapes: Floats, meshes: Floats) -> tuple[Floats, Floats]:
    """Ridge regression: (52, N, 3) motion of a mesh for each blendshape, and the (N, 3) mesh without any."""
    shown, shape = blendshapes.mean(axis=0), meshes.mean(axis=0)
    moves, moved = blendshapes - shown, (meshes - shape).reshape(len(meshes), -1)
    slopes = np.linalg.solve(moves.T @ moves + RIDGE * np.eye(moves.shape[1]), moves.T @ moved)
    slopes = slopes.reshape(-1, *shape.shape)
    return slopes, shape - np.tensordot(shown, slopes, 1)
