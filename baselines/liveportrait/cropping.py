"""Crops of the official demo: the networks see faces alone, and what they paint can go back into the source picture.

Facts of the official `cropper.py`, `crop.py` and `live_portrait_pipeline.py`. Two things differ: faces are found by
dlib's 68 points instead of insightface's 106, and the mask of pasting fades over a tenth of the crop, where the
official code reads it from a picture.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from baselines._shared.native.method import NativeMethod, check_sources
from baselines._shared.native.pictures import resized
from baselines.liveportrait.crop import (
    DRIVING_CROP,
    SOURCE_CROP,
    Points,
    box_matrix,
    crop_image,
    crop_matrix,
    upright_box,
)
from evalkit.clips import video
from evalkit.errors import MethodError
from evalkit.extractors import dlib68
from evalkit.types import Frames, Motion

Crops = Literal["no", "face", "paste"]
"""The whole source picture; its face alone; its face, painted back into the picture."""
FADE = 0.1
"""Width of the border over which a pasted crop fades, as a share of its side."""


@dataclass(frozen=True)
class CroppedFrames:
    """Driving frames cut by one matrix (`crop.box_matrix`), cut again at every iteration."""

    frames: Iterable[Frames]
    matrix: NDArray[np.float64]

    def __iter__(self) -> Iterator[Frames]:
        for chunk in self.frames:
            yield np.stack([crop_image(frame, self.matrix, DRIVING_CROP.side) for frame in chunk])


class CroppingMethod:
    """`evalkit.method.interface.Method` around one that gets crops.

    Args:
        method: paints frames of the size of its source, 512 pixels.
        source: what is shown of the source picture.
        driving: crop the driving frames, all of a clip by one box.
    """

    def __init__(self, method: NativeMethod, source: Crops, driving: bool) -> None:
        self._method = method
        self._source = source
        self._driving = driving

    def animate(self, sources: Frames, driving: Iterable[Frames], motion: Motion) -> Iterator[NDArray[np.generic]]:
        """Generated frames; see `evalkit.method.interface.Method`. Raises `MethodError` where a face is needed."""
        check_sources(sources, 1)
        if self._driving:
            driving = CroppedFrames(driving, driving_matrix(driving))
        if self._source == "no":
            yield from self._method.animate(sources, driving, motion)
            return
        picture, points = sources[0], _landmarks(sources)[0]
        if not np.isfinite(points).all():
            raise MethodError("no face in the source, and crop needs one. Use crop=no.")
        matrix = crop_matrix(points, SOURCE_CROP)
        face = crop_image(picture, matrix, SOURCE_CROP.side)
        for chunk in self._method.animate(face[None], driving, motion):
            frames = video.to_uint8(chunk)
            yield resized(frames, len(picture)) if self._source == "face" else pasted(frames, matrix, picture)


def driving_matrix(driving: Iterable[Frames]) -> NDArray[np.float64]:
    """The crop of a clip: the mean of the boxes of its faces, not turned. Raises `MethodError` without a face."""
    points = [points for chunk in driving for points in _landmarks(chunk) if np.isfinite(points).all()]
    if not points:
        raise MethodError("no face in any driving frame, and crop_driving needs one. Use crop_driving=no.")
    boxes = np.stack([upright_box(one, DRIVING_CROP) for one in points])
    return box_matrix(boxes.mean(axis=0), DRIVING_CROP.side)


def pasted(frames: Frames, matrix: NDArray[np.float64], picture: NDArray[np.uint8]) -> Frames:
    """(T, s, s, 3) crops put where the matrix took them from (H, W, 3) `picture` -> (T, H, W, 3); fractions cut off."""
    import cv2

    back = cv2.invertAffineTransform(matrix).astype(np.float32)
    size = (picture.shape[1], picture.shape[0])
    mask = cv2.warpAffine(fading(frames.shape[1]), back, size, flags=cv2.INTER_LINEAR)[..., None]
    moved = (cv2.warpAffine(frame, back, size, flags=cv2.INTER_LINEAR) for frame in frames)
    return np.stack([np.clip(mask * one + (1 - mask) * picture, 0, 255).astype(np.uint8) for one in moved])


def fading(side: int) -> NDArray[np.float32]:
    """(side, side) mask, 1 inside and fading linearly to 0 at the border."""
    position = np.arange(side) + 0.5
    line = np.minimum(np.minimum(position, side - position) / (FADE * side), 1)
    return np.outer(line, line).astype(np.float32)


def _landmarks(frames: Frames) -> Points:
    """(T, 68, 2), NaN where there is no face."""
    return dlib68.load()(frames, {})["points"]
