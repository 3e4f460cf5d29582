"""Find the face window of clips in the video itself: one square for a whole clip, HDTF's second way of cropping.

HDTF's README: landmarks of every frame give its facial region, all regions are merged into one square, and the square
is enlarged by the listed ratio. It does not say which landmarks or what the region is. Here they are dlib's 68, and the
region is their box raised by half its height, since they end at the brows (docs/decisions/hdtf-windows.md). Every fifth
frame is looked at, shrunk to at most 640 pixels.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit.clips import video
from evalkit.datasets.prepare.jobs import Box
from evalkit.errors import VideoError
from evalkit.extractors import dlib68

STRIDE, LONGEST, FOREHEAD = 5, 640, 0.5
Rectangle = tuple[float, float, float, float]
FindFace = Callable[[NDArray[np.uint8]], Rectangle | None]
"""Left, top, right, bottom of the facial region in a (H, W, 3) picture; None where there is no face."""


@dataclass
class Sighting:
    """The union of the facial regions of one clip, in pixels, and in how many of the frames looked at it was found."""

    union: Rectangle = (np.inf, np.inf, -np.inf, -np.inf)
    found: int = 0
    looked: int = 0


@dataclass(frozen=True)
class FoundWindow:
    """What was sighted of a clip's face; the window is `ratio` times the square around it."""

    sighting: Sighting
    ratio: float

    def on(self, width: int, height: int) -> tuple[Box, str]:
        """See `Region`. A window that leaves the frame is moved into it, and made smaller when it is larger."""
        if not self.sighting.found:
            raise VideoError(f"no face was found in {self.sighting.looked} frames of the clip")
        left, top, right, bottom = self.sighting.union
        wanted = self.ratio * max(right - left, bottom - top)
        side = min(round(wanted), width, height)
        x, y = (round((a + b - side) / 2) for a, b in ((left, right), (top, bottom)))
        inside = min(max(x, 0), width - side), min(max(y, 0), height - side)
        notes = [
            f"face found in {self.sighting.found} of {self.sighting.looked} frames"
            if self.sighting.found < self.sighting.looked
            else "",
            f"window of {wanted:.0f} pixels made smaller, to {side}" if side < round(wanted) else "",
            f"window moved from {x}-{y} into the frame" if inside != (x, y) else "",
        ]
        return Box(inside[0], inside[1], inside[0] + side, inside[1] + side), "; ".join(filter(None, notes))


def sight_faces(path: Path, clips: dict[str, range], find: FindFace) -> dict[str, Sighting]:
    """Look for the face in every `STRIDE`-th frame of each clip (by id) of a video, up to the first decoding error."""
    sightings = {name: Sighting() for name in clips}
    with suppress(VideoError):
        for index, picture in video.iter_pictures(path, max(frames.stop for frames in clips.values())):
            wanted = [name for name, frames in clips.items() if index in frames[::STRIDE]]
            region = find(picture()) if wanted else None
            for name in wanted:
                sightings[name].looked += 1
                if region:
                    sightings[name].found += 1
                    sightings[name].union = _joined([sightings[name].union, region])
    return sightings


def dlib_face() -> FindFace:
    """The largest face by dlib."""
    extract = dlib68.load()

    def find(image: NDArray[np.uint8]) -> Rectangle | None:
        step = -(-max(image.shape[:2]) // LONGEST)
        points = extract(_shrunk(image, step)[None], {})["points"][0] * step
        if np.isnan(points).any():
            return None
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return float(left), float(top - FOREHEAD * (bottom - top)), float(right), float(bottom)

    return find


def _shrunk(image: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Means over squares of `step` pixels."""
    rows, columns = (size // step for size in image.shape[:2])
    squares = image[: rows * step, : columns * step].reshape(rows, step, columns, step, 3)
    return np.asarray(np.rint(squares.mean(axis=(1, 3))), dtype=np.uint8)


def _joined(boxes: Iterable[Rectangle]) -> Rectangle:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
