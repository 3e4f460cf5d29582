"""Guidance maps from MediaPipe's face mesh, which needs no registered file."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.magicportrait.maps import MapImages
from baselines.magicportrait_mesh.heads import Heads, aligned, held
from baselines.magicportrait_mesh.render import draw
from baselines.magicportrait_mesh.topology import triangles
from evalkit.errors import MethodError
from evalkit.method.interface import Driving
from evalkit.types import Frames

_LOG = logging.getLogger("evalkit")
_SHOWN = 5

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
        self._check(heads.found)
        chosen = held(heads.found)
        scale = np.array(side / source.shape[0])
        meshes = aligned(own, heads[np.flatnonzero(heads.found)]) * scale
        row = np.cumsum(heads.found) - 1
        last, images = -1, np.zeros(0, np.uint8)
        for frame in chosen:
            if frame != last:
                last, images = int(frame), draw(meshes[row[frame]], triangles(), side)
            yield images

    def _check(self, found: NDArray[np.bool_]) -> None:
        missing = np.flatnonzero(~found)
        if not len(missing):
            return
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        which = ", ".join(map(str, missing[:_SHOWN])) + more
        if not found.any():
            raise MethodError(f"MediaPipe finds no face in any of the {len(found)} driving frames.")
        if not self.hold:
            raise MethodError(
                f"MediaPipe finds no face in driving frame {which} of {len(found)}; missing=hold goes on."
            )
        _LOG.warning(
            "no face in driving frame %s of %d: guidance is that of the last frame with a face", which, len(found)
        )


def mediapipe_heads() -> ReadHeads:
    """Heads by MediaPipe's face landmarker."""
    from evalkit.extractors import mediapipe478

    meshes = mediapipe478.load_meshes()

    def read(frames: Frames) -> Heads:
        features = meshes(frames)
        return Heads(features["mesh"], features["rotation"], features["blendshapes"])

    return read
