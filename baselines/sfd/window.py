"""The square window around a face, fixed for a whole clip, in which a small network works.

A network of 64 pixels that is shown a whole frame may have six of them for a mouth. Here it is shown a window around
the landmarks of the first frame with a face, and moves the whole frame of the source by its output for the window
(`baselines.sfd.warp.framed`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from evalkit.clips import video
from evalkit.extractors.any_size import Locate, locate_points
from evalkit.types import Frames, Values

RISE = 0.04
"""How far the window's middle lies above that of the landmarks, which end at the brows, as a share of its side."""


@dataclass(frozen=True)
class Window:
    """A square within square frames, in whole pixels."""

    left: int
    top: int
    side: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.top, self.top + self.side), slice(self.left, self.left + self.side)

    def cut(self, frames: Frames, size: int | None = None) -> Frames:
        """(T, n, n, 3) -> (T, size, size, 3) by `video.crop`; without a `size` the pixels as they are."""
        box = (self.left, self.top, self.left + self.side, self.top + self.side)
        return np.stack([video.crop(frame, box, size) for frame in frames])


def whole(size: int) -> Window:
    """The window that is the whole frame of `size` pixels."""
    return Window(0, 0, size)


def around(points: Values, size: int, scale: float) -> Window:
    """The window around the (68, 2) landmarks of a face.

    Args:
        points: x, y in pixels.
        size: side of the frame; the window is moved into it, and made no larger than it.
        scale: side of the window over the longer side of the landmarks' box.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    side = min(size, max(1, round(float((high - low).max()) * scale)))
    left, top = (low + high - side) / 2 - (0.0, RISE * side)
    limit = size - side
    return Window(int(np.clip(round(left), 0, limit)), int(np.clip(round(top), 0, limit)), side)


def find_window(chunks: Iterable[Frames], locate: Locate, scale: float) -> Window | None:
    """The window around the first face of a clip; None where no frame of it has one.

    Args:
        chunks: (t, n, n, 3) frames in order; read no further than the face.
        locate: finds landmarks.
        scale: as of `around`.
    """
    for chunk in chunks:
        for frame in chunk:
            points = locate_points(frame[None], locate)[0]
            if np.isfinite(points).all():
                return around(points, frame.shape[0], scale)
    return None
