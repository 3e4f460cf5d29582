"""The clips of one pair as one video: source, driving and every generated clip side by side, frame by frame.

One video cannot fall out of step with itself, however many methods there are and wherever the reader jumps; the page
cuts the tiles out again. A picture of the middle frame stands in until the video is there.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.base.files import canonical_sha256, content_sha256, read_json, write_json
from evalkit.clips import video
from evalkit.clips.web_copy import write_browser_video, write_jpeg
from evalkit.errors import VideoError
from evalkit.types import Frames, Selection

VERSION = 1
MOST_PIXELS = 2048 * 2048
LARGEST_TILE, POSTER_TILE, BLOCK = 512, 128, 16
BLURRED = 8
"""Colours along a side of a blurred picture. A face fills about half of it: four by four are left, where people still
know a familiar face from about seven by ten (Sinha and others, Proceedings of the IEEE 2006)."""
_GREY = 128


@dataclass(frozen=True)
class ClipFile:
    """A clip to show: `tile` is "source", "driving", "truth" or the method's index; `digest` is of when it was scored.

    `frames` are the source frames; empty for a clip that is shown as a whole.
    """

    tile: str
    path: Path
    digest: str | None
    frames: tuple[int, ...] = ()

    @property
    def given(self) -> bool:
        """Whether the protocol's driving rule says which of its frames count: else all of them do."""
        return self.tile in ("driving", "truth")


@dataclass(frozen=True)
class PairMedia:
    """What to show of one pair and where to put it: `<folder>/<slug>-<digest>.mp4` with `.jpg` and `.json` beside it.

    `frames` is how many the clips should have; the picture shows the middle one. `driving` is what the protocol takes
    of the driving clip, at its `resolution`. With `blur` no face can be made out in any of it.
    """

    slug: str
    folder: Path
    clips: tuple[ClipFile, ...]
    frames: int
    resolution: int
    driving: Selection
    blur: bool = False


@dataclass(frozen=True)
class Mosaic:
    """A finished video: `frames` at `fps`, square tiles of `side` pixels in `columns`, named row by row by `tiles`.

    `problems` says for each tile that has no (or not all) frames why. `video` and `poster` are file names.
    """

    video: str
    poster: str
    frames: int
    fps: float
    side: int
    columns: int
    tiles: tuple[str, ...]
    problems: dict[str, str]


def make_mosaic(job: PairMedia) -> Mosaic | str:
    """Make the video of a pair, or find the one made of the same clips; or return the reason why it cannot be made."""
    stem = f"{job.slug}-{_digest(job)[:10]}"
    told = job.folder / f"{stem}.json"
    if (job.folder / f"{stem}.mp4").is_file() and (made := _made_before(told)):
        return made
    problems = {clip.tile: reason for clip in job.clips if (reason := _unusable(clip))}
    usable = [clip for clip in job.clips if clip.tile not in problems]
    moving = [clip for clip in usable if not clip.frames]
    if not moving:
        return "; ".join(problems.values()) or "There is no clip to show."
    columns = _columns(len(usable))
    side = _side(len(usable), columns, job.resolution)
    try:
        fps = video.frame_rate(moving[0].path) / (job.driving.stride if moving[0].given else 1)
        middle: list[Frames] = []
        pictures = _mosaics(job, usable, columns, side, problems, middle)
        frames = write_browser_video(job.folder / f"{stem}.mp4", pictures, fps)
    except VideoError as error:
        return "; ".join(problems.values()) or str(error)
    write_jpeg(job.folder / f"{stem}.jpg", _poster(middle[-1], side))
    tiles = tuple(clip.tile for clip in usable)
    mosaic = Mosaic(f"{stem}.mp4", f"{stem}.jpg", frames, fps, side, columns, tiles, problems)
    write_json(told, asdict(mosaic))
    return mosaic


def _made_before(told: Path) -> Mosaic | None:
    """What was written beside a video; None where there is nothing, or a damaged file: the video is made again."""
    try:
        content = read_json(told)
        return Mosaic(**{**content, "tiles": tuple(content["tiles"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(job: PairMedia) -> str:
    clips = [[clip.tile, clip.digest, list(clip.frames)] for clip in job.clips]
    rule = {key: value for key, value in asdict(job.driving).items() if key != "size"}
    return canonical_sha256([VERSION, clips, job.resolution, rule, *(["blur", BLURRED] if job.blur else [])])


def _unusable(clip: ClipFile) -> str | None:
    if not clip.path.exists():
        return "The video is missing."
    if clip.digest and content_sha256(clip.path) != clip.digest:
        return "The video changed since it was scored and is not shown."
    return None


def _columns(tiles: int) -> int:
    """Nearly square; up to three tiles stand in one row."""
    return tiles if tiles <= 3 else math.ceil(math.sqrt(tiles))


def _side(tiles: int, columns: int, resolution: int) -> int:
    """The largest tile in whole blocks of the codec that keeps the video playable on a phone."""
    rows = math.ceil(tiles / columns)
    side = min(resolution, LARGEST_TILE, math.isqrt(MOST_PIXELS // (rows * columns)))
    return max(side // BLOCK * BLOCK, BLOCK)


def _mosaics(
    job: PairMedia,
    clips: Sequence[ClipFile],
    columns: int,
    side: int,
    problems: dict[str, str],
    middle: list[Frames],
) -> Iterator[Frames]:
    """Single mosaic frames (1, H, W, 3), as many as the longest clip has; the first and the middle one go to `middle`.

    What keeps a clip from being read to its end is noted in `problems`.
    """
    rows = math.ceil(len(clips) / columns)
    streams = [_tiles(job, clip, side) for clip in clips]
    still = [bool(clip.frames) for clip in clips]
    canvas = np.full((1, rows * side, columns * side, 3), _GREY, np.uint8)
    index = 0
    while True:
        moved = False
        for place, (clip, stream) in enumerate(zip(clips, streams, strict=True)):
            top, left = place // columns * side, place % columns * side
            try:
                tile = next(stream, None)
            except VideoError as error:
                problems[clip.tile], tile = str(error), None
            if tile is not None:
                canvas[0, top : top + side, left : left + side] = _blurred(tile) if job.blur else tile
                moved |= not still[place]
            elif not still[place]:
                canvas[0, top : top + side, left : left + side] = _GREY
        if not moved:
            return
        if index in (0, job.frames // 2):
            middle.append(canvas.copy())
        index += 1
        yield canvas


def _tiles(job: PairMedia, clip: ClipFile, side: int) -> Iterator[NDArray[np.uint8]]:
    """Frames of one clip at the size of a tile: a source once, driving frames as the protocol takes them."""
    if clip.frames:
        source = video.read_frames(clip.path, clip.frames[:1], size=job.resolution, rgb=job.driving.rgb)
        yield video.fit(source[0], side)
        return
    selection = job.driving if clip.given else Selection(size=job.resolution, rgb=job.driving.rgb)
    for chunk in video.iter_frames(clip.path, selection):
        for frame in chunk:
            yield video.fit(frame, side)


def _blurred(tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The tile (S, S, 3) with no more detail than `BLURRED` by `BLURRED` colours hold.

    All of it is blurred, not only where a face was found: a detector that misses one would show it.
    """
    return video.fit(video.fit(tile, BLURRED), tile.shape[0])


def _poster(mosaic: Frames, side: int) -> NDArray[np.uint8]:
    """The mosaic (1, H, W, 3) with smaller tiles."""
    small = min(POSTER_TILE, side)
    rows, columns = mosaic.shape[1] // side, mosaic.shape[2] // side
    tiles = [
        [video.fit(mosaic[0, r * side : (r + 1) * side, c * side : (c + 1) * side], small) for c in range(columns)]
        for r in range(rows)
    ]
    return np.concatenate([np.concatenate(row, axis=1) for row in tiles])


def media_facts(mosaic: Mosaic | str) -> dict[str, Any]:
    """What a page needs of it: the mosaic's fields, or the reason why it is missing."""
    return {"reason": mosaic} if isinstance(mosaic, str) else asdict(mosaic)
