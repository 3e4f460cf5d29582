"""Decode one raw video once and write all its clips on the way."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.clips.streams import Picture
from evalkit.datasets.prepare.faces import FoundWindow, dlib_face, sight_faces
from evalkit.datasets.prepare.jobs import Box, ClipJob, FaceWindow, Region
from evalkit.datasets.prepare.journal import Entry, note_done, stamp_of
from evalkit.errors import VideoError

_NOWHERE = Box(0, 0, 0, 0)


@dataclass(frozen=True)
class VideoTask:
    """All clips to make from one raw video.

    `images` writes folders of PNG instead of lossless videos; `note` is something odd about the video.
    """

    video: Path
    root: Path
    jobs: tuple[ClipJob, ...]
    images: bool
    note: str = ""


@dataclass(frozen=True)
class MadeClip:
    """A clip on disk, with its line of the journal, or why it was not made (`failure`)."""

    job: ClipJob
    failure: str = ""
    entry: Entry | None = None


@dataclass(frozen=True)
class VideoReport:
    """The outcome of a raw video: its clips, the frames decoded, and the seconds that took."""

    video: str
    clips: tuple[MadeClip, ...]
    frames: int
    seconds: float


@dataclass
class _Clip:
    """A clip on its way: being written, or given up with a reason."""

    job: ClipJob
    wanted: range
    writer: video.ClipWriter | None = None
    box: Box = _NOWHERE
    frame_shape: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list)
    failure: str = ""


def process_video(task: VideoTask) -> VideoReport:
    """Make the clips of one video. A clip that cannot be made carries its reason; the others are made.

    Raises `OSError` when nothing can be written.
    """
    began = time.perf_counter()
    fps = Fraction(video.frame_rate(task.video)).limit_denominator(1001)
    clips = [_Clip(job, job.window.frames(fps)) for job in task.jobs]
    made: list[MadeClip] = []
    count, broken = 0, ""
    try:
        regions = _regions(task, clips)
        for index, picture in video.iter_pictures(task.video, max(clip.wanted.stop for clip in clips)):
            count = index + 1
            _feed(task, regions, [clip for clip in clips if index in clip.wanted], index, picture, float(fps))
            for clip in [clip for clip in clips if clip.writer and count == clip.wanted.stop]:
                made.append(_finish(task, clip, float(fps)))
                clips.remove(clip)
        for clip in [clip for clip in clips if clip.writer and clip.job.window.end is None]:
            made.append(_finish(task, clip, float(fps)))
            clips.remove(clip)
    except VideoError as error:
        broken = str(error)
    finally:
        for clip in clips:
            _give_up(clip, broken or _too_short(task, clip, count))
    made += [MadeClip(clip.job, clip.failure) for clip in clips]
    return VideoReport(task.video.name, tuple(made), count, time.perf_counter() - began)


def _regions(task: VideoTask, clips: Sequence[_Clip]) -> dict[str, Region]:
    """The region of each clip by id; faces that have to be looked for are looked for now, in a pass of its own."""
    searched = {clip.job.id: clip.wanted for clip in clips if isinstance(clip.job.region, FaceWindow)}
    sightings = sight_faces(task.video, searched, dlib_face()) if searched else {}
    return {
        job.id: FoundWindow(sightings[job.id], job.region.ratio) if isinstance(job.region, FaceWindow) else job.region
        for job in (clip.job for clip in clips)
    }


def _feed(
    task: VideoTask,
    regions: Mapping[str, Region],
    clips: Sequence[_Clip],
    index: int,
    picture: Picture,
    fps: float,
) -> None:
    """Give frame `index` to the clips, converting it once."""
    wanting = [clip for clip in clips if not clip.failure]
    image = picture() if wanting else None
    for clip in wanting:
        assert image is not None
        try:
            if clip.writer is None:
                _begin(task, clip, regions[clip.job.id], image.shape, fps)
            elif image.shape != clip.frame_shape:
                raise VideoError(f"{task.video.name} changes its frame size at frame {index}")
        except VideoError as error:
            _give_up(clip, str(error))
        if clip.writer:
            clip.writer.add(video.crop(image, clip.box, clip.job.size))


def _begin(task: VideoTask, clip: _Clip, region: Region, shape: tuple[int, ...], fps: float) -> None:
    clip.box, note = region.on(shape[1], shape[0])
    clip.notes += [text for text in (task.note, note) if text]
    clip.frame_shape = shape
    clip.writer = video.ClipWriter(task.root / clip.job.file, fps, task.images)


def _give_up(clip: _Clip, reason: str) -> None:
    clip.failure = clip.failure or reason
    if clip.writer:
        clip.writer.discard()
        clip.writer = None


def _finish(task: VideoTask, clip: _Clip, fps: float) -> MadeClip:
    assert clip.writer
    clip.writer.finish()
    job, count, path = clip.job, clip.writer.count, task.root / clip.job.file
    listed = int(job.window.end - job.window.start) if job.window.end else count
    if job.window.rate and job.window.rate > 1 and count != listed:
        clip.notes.append(f"{count} frames for {listed} in the list: the video has {fps:g} frames per second")
    width, height = (job.size, job.size) if job.size else (clip.box.width, clip.box.height)
    entry = Entry(
        id=job.id,
        digest=job.digest,
        file=job.file,
        identity=job.identity,
        frames=count,
        width=width,
        height=height,
        fps=fps,
        sha256=content_sha256(path),
        video=task.video.name,
        notes=tuple(clip.notes),
        images=task.images,
        stamp=stamp_of(path),
    )
    note_done(task.root, entry)
    return MadeClip(job, entry=entry)


def _too_short(task: VideoTask, clip: _Clip, count: int) -> str:
    if clip.job.window.end is None:
        return f"{task.video.name} holds no frame"
    return (
        f"{task.video.name} has {count} frames, the clip needs frames {clip.wanted.start} to {clip.wanted.stop - 1}: "
        "another cut, or a download that stopped early"
    )
