"""Decode one raw video once and write all its clips on the way."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from evalkit import video
from evalkit.errors import VideoError
from evalkit.files import content_sha256
from evalkit.prepare.jobs import Box, ClipJob


@dataclass(frozen=True)
class VideoTask:
    """All clips to make from one raw video; `images` writes folders of PNG instead of lossless videos."""

    video: Path
    root: Path
    jobs: tuple[ClipJob, ...]
    images: bool


@dataclass(frozen=True)
class MadeClip:
    """A clip on disk, or why there is none (`failure`); `notes` say what is odd about it."""

    job: ClipJob
    failure: str = ""
    notes: tuple[str, ...] = ()
    frames: int = 0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    sha256: str = ""


@dataclass(frozen=True)
class VideoReport:
    """What became of a raw video: its clips, the frames decoded, and the seconds that took."""

    clips: tuple[MadeClip, ...]
    frames: int
    seconds: float


@dataclass
class _Open:
    """A clip being written."""

    job: ClipJob
    wanted: range
    stack: ExitStack = field(default_factory=ExitStack)
    writer: video.ClipWriter | None = None
    box: Box | None = None
    notes: list[str] = field(default_factory=list)
    failure: str = ""


def process_video(task: VideoTask) -> VideoReport:
    """Make the clips of one video. A clip that cannot be made carries its reason; the others are made.

    Raises `OSError` when nothing can be written.
    """
    began = time.perf_counter()
    fps = Fraction(video.frame_rate(task.video)).limit_denominator(1001)
    clips = [_Open(job, job.window.frames(fps)) for job in task.jobs]
    stop = max(clip.wanted.stop for clip in clips)
    done: list[MadeClip] = []
    count, broken = 0, ""
    with _discarding(clips):
        try:
            for index, picture in video.iter_pictures(task.video, stop):
                count = index + 1
                _feed(task, clips, index, picture, float(fps))
                done += [_finish(task, clip, float(fps)) for clip in _ended(clips, index + 1)]
        except VideoError as error:
            broken = str(error)
        for clip in clips:
            done.append(MadeClip(clip.job, clip.failure or broken or _too_short(task, clip, count)))
    return VideoReport(tuple(done), count, time.perf_counter() - began)


def _feed(task: VideoTask, clips: Sequence[_Open], index: int, picture: "video.Picture", fps: float) -> None:
    """Give frame `index` to every clip that wants it, converting it at most once."""
    image = None
    for clip in clips:
        if clip.failure or index not in clip.wanted:
            continue
        image = picture() if image is None else image
        if clip.writer is None or clip.box is None:
            height, width = image.shape[:2]
            try:
                clip.box, note = clip.job.region.on(width, height)
            except VideoError as error:
                clip.failure = str(error)
                continue
            clip.notes += [note] if note else []
            path = task.root / clip.job.file
            clip.writer = clip.stack.enter_context(video.ClipWriter(path, fps, task.images))
        clip.writer.add(video.crop(image, clip.box, clip.job.size))


def _ended(clips: list[_Open], index: int) -> list[_Open]:
    """Take the clips out of `clips` whose last frame is written."""
    ended = [clip for clip in clips if clip.writer is not None and index >= clip.wanted.stop]
    for clip in ended:
        clips.remove(clip)
    return ended


def _finish(task: VideoTask, clip: _Open, fps: float) -> MadeClip:
    assert clip.writer is not None and clip.box is not None
    clip.stack.close()
    count, window = clip.writer.count, clip.job.window
    if window.rate and window.rate > 1 and count != (listed := int(window.end - window.start)):
        clip.notes.append(f"{count} frames for {listed} in the list: the video has {fps:g} frames per second")
    side = clip.job.size
    width, height = (side, side) if side else (clip.box.right - clip.box.left, clip.box.bottom - clip.box.top)
    digest = content_sha256(task.root / clip.job.file)
    return MadeClip(clip.job, "", tuple(clip.notes), count, width, height, fps, digest)


def _too_short(task: VideoTask, clip: _Open, count: int) -> str:
    return (
        f"{task.video.name} has {count} frames, the clip needs frames {clip.wanted.start} to {clip.wanted.stop - 1}: "
        "another cut, or a download that stopped early"
    )


@contextmanager
def _discarding(clips: Sequence[_Open]) -> Iterator[None]:
    """Clips that are still open when the video ends leave nothing behind."""
    try:
        yield
    finally:
        for clip in clips:
            with ExitStack() as stack:
                stack.push(clip.stack.pop_all())
                stack.callback(lambda: None)
