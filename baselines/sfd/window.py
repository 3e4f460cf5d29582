"""The square window around a face, fixed for a whole clip, in which a small network works.

A network of 64 pixels that is shown a whole frame may have six of them for a mouth. Here it is shown a window around
the landmarks of the first frame with a face, and what it makes is put back into the frame of the source.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit import video
from evalkit.extractors.any_size import Locate, locate_points
from evalkit.types import Frames, Values

RISE = 0.04
"""How far the window's middle lies above that of the landmarks, which end at the brows, as a share of its side."""
SEAM = 0.08
"""Share of the window's side over which what was made fades into the source, where the window ends inside the frame."""


@dataclass(frozen=True)
class Window:
    """A square within square frames, in whole pixels."""

    left: int
    top: int
    side: int

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


def paste(source: NDArray[np.uint8], window: Window, made: NDArray[np.generic]) -> NDArray[np.float32]:
    """What was made of a window, in the source.

    Args:
        source: (n, n, 3).
        window: in it.
        made: (T, side, side, 3), uint8 or float in [0, 1].

    Returns:
        (T, n, n, 3) in [0, 1]: the source outside the window, and over the `SEAM` a fading mixture. NaN stays NaN.
    """
    share = _share(window, source.shape[0])  # (side, side, 1)
    rows, columns = (slice(start, start + window.side) for start in (window.top, window.left))
    frames = np.repeat(_unit(source)[None], len(made), axis=0)
    still = frames[0, rows, columns].copy()
    frames[:, rows, columns] = share * _unit(made) + (1 - share) * still
    return frames


def _unit(frames: NDArray[np.generic]) -> NDArray[np.float32]:
    if frames.dtype == np.uint8:
        return np.asarray(frames, dtype=np.float32) / np.float32(255)
    return np.asarray(frames, dtype=np.float32)


def _share(window: Window, size: int) -> NDArray[np.float32]:
    """How much of a pixel is what was made: 1, but for the seam at sides that lie inside the frame."""
    across = _fade(window.side, window.left > 0, window.left + window.side < size)
    down = _fade(window.side, window.top > 0, window.top + window.side < size)
    return np.minimum(down[:, None], across[None, :])[:, :, None]


def _fade(side: int, first: bool, last: bool) -> NDArray[np.float32]:
    """(side,) shares along one axis."""
    width = max(1.0, SEAM * side)
    place = np.arange(side, dtype=np.float32) + 0.5
    share = np.ones(side, dtype=np.float32)
    if first:
        share = np.minimum(share, place / width)
    if last:
        share = np.minimum(share, (side - place) / width)
    return np.asarray(share, dtype=np.float32)
