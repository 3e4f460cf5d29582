"""What preparing a dataset is made of: official lists become clip jobs, everything else becomes a remark."""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple
from typing import Protocol as Interface

from evalkit.base.files import canonical_sha256
from evalkit.errors import VideoError


class Box(NamedTuple):
    """A rectangle in pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    def inside(self, width: int, height: int) -> bool:
        """Whether the box is not empty and lies in a frame of this size."""
        return 0 <= self.left < self.right <= width and 0 <= self.top < self.bottom <= height


class Region(Interface):
    """The face region of a list, turned into pixels once the size of the downloaded frames is known."""

    def on(self, width: int, height: int) -> tuple[Box, str]:
        """The box in a frame of this size, inside the frame, and a note about anything odd (empty if nothing is).

        Raises `VideoError` if the box does not fit.
        """
        ...


@dataclass(frozen=True)
class WholeFrame:
    """The frame is the crop already."""

    def on(self, width: int, height: int) -> tuple[Box, str]:
        """See `Region`."""
        if width != height:
            raise VideoError(f"frames are {width}x{height}; square ones are expected")
        return Box(0, 0, width, height), ""


@dataclass(frozen=True)
class FaceWindow:
    """The square around the face in all frames of a clip, `ratio` times as large, to be found in the video itself."""

    ratio: float


@dataclass(frozen=True)
class Window:
    """The frames of a clip: those at or after `start` and before `end`, counted in units of 1 / `rate` seconds.

    Frame i of a video with `fps` frames per second belongs to it if `start * fps <= i * rate < end * fps`, so a video
    with more frames per second than the list gives more frames. `rate` None counts frames of the video themselves,
    `end` None goes on to the end of the video.
    """

    start: Fraction
    end: Fraction | None
    rate: int | None

    def frames(self, fps: Fraction) -> range:
        """Frame numbers in a video of that rate."""
        scale = Fraction(1) if self.rate is None else fps / self.rate
        stop = sys.maxsize if self.end is None else -(-self.end * scale // 1)
        return range(-(-self.start * scale // 1), stop)

    @property
    def seconds(self) -> tuple[float, float] | None:
        """Start and end in seconds; None when the window counts frames of the video, or has no end."""
        if self.rate is None or self.end is None:
            return None
        return float(self.start / self.rate), float(self.end / self.rate)


@dataclass(frozen=True)
class ClipJob:
    """One clip to make.

    Attributes:
        id: name of the clip in its dataset.
        file: where it goes, relative to the prepared root, with `/`.
        identity: the person.
        videos: names under which the raw video is looked for, without suffix, best first.
        window: which of its frames.
        region: which part of them, or what to look for.
        size: side of the square result; None keeps the size of the region.
        where: the file and line that say so.
        url: where people find the video; empty when there is no address.
        height: rows of the rendition that the list was made on; None when the list does not care.
        download: name under which the user saves what is then cut into the raw video; empty when it is that video.
    """

    id: str
    file: str
    identity: str
    videos: tuple[str, ...]
    window: Window
    region: Region | FaceWindow
    size: int | None
    where: str
    url: str = ""
    height: int | None = None
    download: str = ""

    @property
    def digest(self) -> str:
        """Changes whenever the clip that comes out of the same video would."""
        window = [str(self.window.start), str(self.window.end), self.window.rate]
        return canonical_sha256(
            [self.file, window, type(self.region).__name__, asdict(self.region), self.size]  # type: ignore[arg-type]
        )


@dataclass(frozen=True)
class Remark:
    """Something about a clip that the user should know: why it was not made, or what is odd about it."""

    clip: str
    kind: Literal["not made", "left out", "odd"]
    reason: str
    where: str = ""


@dataclass(frozen=True)
class Listing:
    """The official lists, read: clips to make, and rows that make none with the reason."""

    jobs: tuple[ClipJob, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """How a dataset is made from official lists and the user's own downloads.

    `read(lists, raw, split)` turns the lists into jobs; it raises `DatasetError` for lists that do not hold together.
    `lists` and `raw` say in words what the folders have to hold. `splits` are the parts that can be asked for, the one
    evaluation needs first. `size` is the side of prepared frames (None: it varies), `length(id)` the frames the clip
    ought to have by its name, if the name tells. `redetect`, where a dataset has it, reads as `read` does, for boxes to
    be found in the video. `listed` is false when there are no official lists.
    """

    lists: str
    raw: str
    read: Callable[[Path | None, Path | None, str], Listing]
    splits: tuple[str, ...]
    size: int | None
    length: Callable[[str], int | None] = lambda _: None
    redetect: Callable[[Path | None, Path | None, str], Listing] | None = None
    listed: bool = True
