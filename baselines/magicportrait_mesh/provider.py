"""Guidance maps from MediaPipe's face mesh, which needs no registered file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines._shared.native.faceless import check_faces, held
from baselines.magicportrait.maps import MapImages
from baselines.magicportrait_mesh.heads import Heads, aligned
from baselines.magicportrait_mesh.render import draw
from baselines.magicportrait_mesh.topology import triangles
from evalkit.errors import MethodError
from evalkit.method.interface import Driving
from evalkit.types import Frames

ReadHeads = Callable[[Frames], Heads]
"""(T, H, W, 3) uint8 RGB -> T heads."""


@dataclass(frozen=True)
class MeshMaps:
    """Maps of the source's mesh with the driving clip's expression and pose.

    Attributes:
        read: finds the heads.
        hold: a driving frame without a face keeps the maps of the last one with a face; False: it is an error.
    """

    read: ReadHeads
    hold: bool = True

    def maps(self, source: NDArray[np.uint8], driving: Driving, pair: str, side: int) -> Iterator[MapImages]:
        """See `MakesMaps.maps`. A source without a face, and a driving clip without any, is an error."""
        own = self.read(source[None])
        if not own.found.all():
            raise MethodError(
                "MediaPipe finds no face in the source. Guidance from a mesh needs one; give maps instead."
            )
        chunks = [self.read(chunk) for chunk in driving]
        heads = Heads(
            np.concatenate([chunk.points for chunk in chunks]),
            np.concatenate([chunk.rotation for chunk in chunks]),
            np.concatenate([chunk.blendshapes for chunk in chunks]),
        )
        check_faces(heads.found, self.hold, "MediaPipe", "guidance")
        chosen = held(heads.found)
        scale = np.array(side / source.shape[0])
        meshes = aligned(own, heads[np.flatnonzero(heads.found)]) * scale
        row = np.cumsum(heads.found) - 1
        last, images = -1, np.zeros(0, np.uint8)
        for frame in chosen:
            if frame != last:
                last, images = int(frame), draw(meshes[row[frame]], triangles(), side)
            yield images


def mediapipe_heads() -> ReadHeads:
    """Heads by MediaPipe's face landmarker."""
    from evalkit.extractors import mediapipe478

    meshes = mediapipe478.load_meshes()

    def read(frames: Frames) -> Heads:
        features = meshes(frames)
        return Heads(features["mesh"], features["rotation"], features["blendshapes"])

    return read
