"""Guidance maps that somebody else rendered, such as the official scripts: a folder of pictures for each kind.

For a pair they are in FOLDER/<pair>/depth, normal and render, or, one set for all pairs, in FOLDER/depth, ... Pictures
are taken in the natural order of their names, one for every frame of the driving clip, or one for every frame that the
protocol selects. Other sizes than the networks' are resized by Pillow's bicubic filter, as the official code does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.magicportrait.maps import KINDS, MapImages, selected_rows
from evalkit.clips import video
from evalkit.errors import MethodError, VideoError
from evalkit.method.interface import Driving


@dataclass(frozen=True)
class MapFolders:
    """Reads maps below `folder`."""

    folder: Path

    def maps(self, source: NDArray[np.uint8], driving: Driving, pair: str, side: int) -> Iterator[MapImages]:
        """See `MakesMaps.maps`."""
        folders = self._folders(pair)
        counts = {path: _count(path) for path in folders}
        wanted = _indices(counts, driving)
        pictures = [video.iter_pictures(path) for path in folders]
        position = 0
        for row in zip(*pictures, strict=True):
            if position == len(wanted):
                return
            if row[0][0] != wanted[position]:
                continue
            images = np.stack([_square(p, picture(), side) for p, (_, picture) in zip(folders, row, strict=True)])
            if position == 0 and driving.anchor:
                yield images
            yield images
            position += 1

    def _folders(self, pair: str) -> list[Path]:
        tried = [self.folder / pair, self.folder] if pair else [self.folder]
        for base in tried:
            found = [base / kind for kind in KINDS]
            if any(path.is_dir() for path in found):
                if missing := [path.name for path in found if not path.is_dir()]:
                    raise MethodError(f"{base}: holds no folder {' and no '.join(missing)}. {_WANTED}")
                return found
        raise MethodError(f"no guidance maps in {' or '.join(map(str, tried))}. {_WANTED}")


_WANTED = f"Give a folder with {', '.join(KINDS)} in it, or one that holds such a folder for every pair."


def _count(folder: Path) -> int:
    try:
        return video.count_frames(folder)
    except VideoError as error:
        raise MethodError(f"guidance maps: {error}") from error


def _indices(counts: dict[Path, int], driving: Driving) -> list[int]:
    """Which pictures of the folders belong to the selected frames. Raises `MethodError` when that is not clear."""
    found = [selected_rows(path, count, driving, "maps") for path, count in counts.items()]
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{count} in {path.name}" for path, count in counts.items())
        raise MethodError(f"{next(iter(counts)).parent}: {told}; all three kinds need as many maps.")
    return found[0]


def _square(path: Path, picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    if height != width:
        raise MethodError(f"{path}: a map of {width}x{height} pixels; square ones are expected, best {side}x{side}.")
    return video.fit(picture, side)
