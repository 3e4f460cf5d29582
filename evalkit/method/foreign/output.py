"""Find what a repository wrote, count it, cut the result out of it, and check it."""

import glob
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit.clips import video
from evalkit.clips.panels import Box, grid_tile
from evalkit.errors import MethodError, VideoError
from evalkit.method.foreign.card import Named, Output, Tile
from evalkit.method.foreign.fill import Values, fill, holds
from evalkit.types import Frames, Selection

Stamp = tuple[int, int]


def output_of(outputs: Sequence[Output], values: Values) -> Output:
    """The output that is meant; the last one of a card has no condition."""
    return next(output for output in outputs if holds(output.when, values))


def present(output: Output, values: Values) -> dict[Path, Stamp]:
    """Everything that matches now, with size and time, so that what a command wrote can be told from it."""
    return {path: _stamp(path) for pattern in output.path for path in matches(pattern, values)}


def find_result(output: Output, values: Values, before: dict[Path, Stamp]) -> Path:
    """The file or folder that a command wrote.

    Raises `MethodError` when nothing new matches, or when several files do.
    """
    for pattern in output.path:
        new = [path for path in matches(pattern, values) if before.get(path) != _stamp(path)]
        if len(new) > 1:
            names = ", ".join(path.name for path in new[:4])
            raise MethodError(f"wrote {len(new)} results ({names}) where one was expected: {fill(pattern, values)}")
        if new:
            return new[0]
    wanted = " or ".join(fill(pattern, values) for pattern in output.path)
    raise MethodError(f"wrote no result: expected {wanted}")


def matches(pattern: str, values: Values) -> list[Path]:
    """Files and folders that match a pattern of the card; only its own stars count, not those of filled-in names."""
    escaped = fill(pattern, {name: glob.escape(str(value)) for name, value in values.items()})
    return sorted(Path(name) for name in glob.glob(escaped, recursive=True))  # noqa: PTH207


def _stamp(path: Path) -> Stamp:
    if path.is_dir():
        stats = [member.stat() for member in path.iterdir()]
        return len(stats), max((stat.st_mtime_ns for stat in stats), default=0)
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def result_frames(path: Path, output: Output, handed: int, first: int, wanted: int, size: int) -> Iterator[Frames]:
    """The frames of a result from the `first` handed-over one on, cut and resized, in chunks of (t, size, size, 3).

    `handed` is how many frames the repository was given. Raises `MethodError` for another number of frames, another
    size of the picture, numbers missing in a folder, and a file that cannot be decoded to its end.
    """
    if path.is_dir() != (output.form == "frames"):
        raise MethodError(
            f"wrote {path.name}, which is {'a folder' if path.is_dir() else 'a file'}; expected the other"
        )
    if output.form == "frames":
        _refuse_gaps(path)
    expected = handed - output.drops_first - output.drops_last
    try:
        count = video.count_frames(path)
        if count != expected:
            raise MethodError(
                f"wrote {count} frames in {path.name}; {expected} were expected for {handed} driving frames"
            )
        start = first - output.drops_first
        selection = Selection(start=start, maximum=wanted)
        for chunk in video.iter_frames(path, selection):
            yield np.stack([_cut(frame, path, output, size) for frame in chunk])
    except VideoError as error:
        raise MethodError(f"wrote a result that cannot be read: {error}") from error


def _refuse_gaps(folder: Path) -> None:
    """A frame that was never written shows as a gap between the numbers in the names."""
    numbers = [int(found[-1]) for path in folder.iterdir() if (found := re.findall(r"\d+", path.stem))]
    if numbers and sorted(numbers) != list(range(min(numbers), min(numbers) + len(numbers))):
        missing = sorted(set(range(min(numbers), max(numbers))) - set(numbers))
        what = f"frame {missing[0]} is missing" if missing else "two pictures have one number"
        raise MethodError(f"wrote pictures in {folder.name} whose numbers do not follow each other: {what}")


def _cut(frame: NDArray[np.uint8], path: Path, output: Output, size: int) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    if output.size and (width, height) != output.size:
        raise MethodError(
            f"wrote {path.name} with {width}x{height} pixels; {output.size[0]}x{output.size[1]} were expected"
        )
    return video.crop(frame, box_of(output.cut, width, height), size)


def box_of(cut: Named | Tile | Box | None, width: int, height: int) -> Box:
    """The box (left, top, right, bottom) of the result in a picture. Raises `MethodError` when it does not fit."""
    if cut is None:
        return 0, 0, width, height
    if isinstance(cut, Tile):
        tile = grid_tile(cut.index + 1, cut.of, width, height)
        if tile is None:
            raise MethodError(f"wrote a picture of {width}x{height}, which is no row of {cut.of} tiles")
        return tile
    if isinstance(cut, tuple):
        if not (0 <= cut[0] < cut[2] <= width and 0 <= cut[1] < cut[3] <= height):
            raise MethodError(f"wrote a picture of {width}x{height}, which does not hold the box {cut}")
        return cut
    place, part = cut.split("_")
    parts = 2 if part == "half" else 3
    if width % parts:
        raise MethodError(f"wrote a picture {width} pixels wide, which is no row of {parts}")
    index = {"left": 0, "middle": 1, "right": parts - 1}[place]
    return index * width // parts, 0, (index + 1) * width // parts, height


class Stillness:
    """Whether frames move although the driving ones do, and show anything at all."""

    def __init__(self) -> None:
        self._first: NDArray[np.uint8] | None = None
        self.moves = False
        self.shows = False
        self.count = 0

    def look(self, chunk: Frames) -> None:
        """Take the next frames."""
        if self._first is None and len(chunk):
            self._first = chunk[0].copy()
        first = self._first
        self.count += len(chunk)
        self.moves = self.moves or (first is not None and any(not np.array_equal(first, frame) for frame in chunk))
        self.shows = self.shows or any(int(frame.min()) != int(frame.max()) for frame in chunk)


def refuse_still(made: Stillness, driving: Stillness, still: bool) -> None:
    """Raise `MethodError` for frames of one colour, and for equal frames where the driving ones differ."""
    if made.count and not made.shows and driving.shows:
        raise MethodError("wrote frames of one flat colour only, which is what NaN and black pictures become")
    if made.count > 1 and not made.moves and driving.moves and not still:
        raise MethodError(f"wrote {made.count} equal frames although the driving frames differ")


def watched(chunks: Sequence[Frames] | Iterator[Frames], seen: Stillness) -> Iterator[Frames]:
    """The same chunks, looked at on the way."""
    for chunk in chunks:
        seen.look(chunk)
        yield chunk
