"""Frames as the network sees them: whole, or the window around the face."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.sfd.shape import Shape
from baselines.sfd.window import Window, find_window, whole
from evalkit.clips import video
from evalkit.extractors import dlib68
from evalkit.extractors.any_size import Locate
from evalkit.types import Frames, Selection


@dataclass(frozen=True)
class Windows:
    """Where the network works.

    Attributes:
        scale: `Shape.window`.
        locate: finds landmarks; None where `scale` is 0.
    """

    scale: float
    locate: Locate | None

    def of_frames(self, chunks: Iterable[Frames], size: int) -> Window:
        """The window in (t, size, size, 3) frames in order; whole frames where none of them shows a face."""
        found = find_window(chunks, self.locate, self.scale) if self.locate else None
        return found or whole(size)

    def of_clip(self, path: Path) -> Window:
        """The window in the frames of a clip, as squares of their shorter side."""
        side = min(video.frame_size(path))
        return self.of_frames(video.iter_frames(path, Selection(size=side)), side)


def windows_of(shape: Shape) -> Windows:
    """Loads the landmark detector where it is needed."""
    if not shape.window:
        return Windows(0, None)
    extract = dlib68.load()
    return Windows(shape.window, lambda frames: extract(frames, {}))


def read_faces(path: Path, indices: Sequence[int], window: Window, size: int) -> Frames:
    """The frames of a clip at these indices, cut and resized: (T, size, size, 3) uint8. Raises `VideoError`."""
    side = min(video.frame_size(path))
    if window == whole(side):
        return video.read_frames(path, indices, size=size)
    return window.cut(video.read_frames(path, indices, size=side), size)
