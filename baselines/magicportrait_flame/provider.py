"""Guidance maps of FLAME parameters: the source's shape, camera and light, the driving clip's expression and pose."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines._shared.native.faceless import check_faces, held
from baselines.magicportrait.maps import MapImages, selected_rows
from baselines.magicportrait_flame.head import Floats, posed, shaped
from baselines.magicportrait_flame.model_file import Flame
from baselines.magicportrait_flame.parameters import CROP, Source, read_motion, read_source
from baselines.magicportrait_flame.render import draw
from evalkit.errors import MethodError
from evalkit.method.interface import Driving


@dataclass(frozen=True)
class FlameMaps:
    """Maps of the source's head with the driving clip's expression and pose.

    Attributes:
        flame: the head.
        folder: of parameters: `<pair>/source.npz` and `<pair>/driving.npz`, or `source.npz` for all pairs, and
            `<person>_<clip>.npz` or `<clip>.npz` for a driving clip.
        hold: a driving frame without a face keeps the maps of the last one with a face; False: it is an error.
    """

    flame: Flame
    folder: Path
    hold: bool = True

    def maps(self, source: NDArray[np.uint8], driving: Driving, pair: str, side: int) -> Iterator[MapImages]:
        """See `MakesMaps.maps`."""
        own = read_source(self._find(pair, ["source"], "source"))
        clip = [driving.path.stem, f"{driving.path.parent.name}_{driving.path.stem}"]
        path = self._find(pair, ["driving"], f"driving clip {driving.path.name}", clip[::-1])
        motion = read_motion(path)
        rows = selected_rows(path, len(motion.root), driving, "rows")
        found = motion.found[rows]
        check_faces(found, self.hold, path.name, "guidance")
        chosen = np.asarray(rows)[held(found)]
        last, images = -1, np.zeros(0, np.uint8)
        for index, row in enumerate(chosen):
            if row != last:
                head = shaped(self.flame, own.shape, motion.expression[row])
                points = posed(self.flame, head, motion.root[row], motion.jaw[row])
                last = int(row)
                images = draw(points, projected(points, own, side), self.flame.triangles, own.light, side)
            if index == 0 and driving.anchor:
                yield images
            yield images

    def _find(self, pair: str, in_pair: list[str], what: str, beside: list[str] | None = None) -> Path:
        names = [self.folder / pair / f"{name}.npz" for name in in_pair] if pair else []
        names += [self.folder / f"{name}.npz" for name in beside or in_pair]
        found = next((path for path in names if path.is_file()), None)
        if found is None:
            raise MethodError(f"no FLAME parameters of the {what}; looked for {', '.join(map(str, names))}.")
        return found


def projected(points: Floats, source: Source, side: int) -> Floats:
    """(V, 3) points of a head -> x and y (down) in pixels of a picture of `side`, and z away from the camera.

    DECA's camera: scale times the shifted point, in half sides of its crop, y up.
    """
    flat = source.scale * (points[:, :2] + source.shift) * (1, -1)
    crop = (flat + 1) / 2 * CROP
    place = (crop @ source.to_picture[:, :2].T + source.to_picture[:, 2]) * side
    return np.column_stack([place, -source.scale * points[:, 2]])
