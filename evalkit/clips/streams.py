"""The frames of a video file: which of its streams, what of it is refused, and what a reader of scores has to know."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from evalkit.clips.display import Display, display_of
from evalkit.clips.kinds import is_playlist, is_video_head
from evalkit.clips.rgb import ToRgb
from evalkit.clips.whole import NO_LENGTH, refuse_bare, refuse_cut, refuse_short, states_length
from evalkit.errors import VideoError
from evalkit.types import Rgb

Picture = Callable[[], NDArray[np.uint8]]
"""A decoded picture; calling it converts it to (H, W, 3) uint8 RGB."""
# Titles that are not UTF-8 must not stop a clip. PyAV decodes them so by itself since 19, where the argument is gone.
_TOLERANT: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
_HDR = {8: "linear", 16: "PQ (SMPTE 2084)", 17: "SMPTE 428", 18: "HLG (ARIB STD-B67)"}
"""H.273, table 3: transfer characteristics that look wrong when they are taken for those of a display."""
_BT2020 = 9


def iter_stream(path: Path, stop: int | None, rgb: Rgb) -> Iterator[Picture]:
    """The frames of a video before `stop`, in presentation order, each to be converted by whoever wants it.

    Raises `VideoError` for what is no video, damaged, cut off, or cannot be shown as the file asks.
    """
    with open_container(path) as container:
        stream = stream_of(path, container)
        stream.thread_type = "AUTO"
        convert, count, last = ToRgb(rgb), 0, None
        for frame in _decoded(path, container, stream):
            yield partial(_shown, path, frame, convert, _display(path, frame, stream.sample_aspect_ratio))
            count, last = count + 1, frame
            if stop is not None and count >= stop:
                return
        if last is not None:
            refuse_short(path, container, stream, count, last)


def holds_video(path: Path) -> bool:
    """Whether a file of whatever name is a container with a video stream. Looks at its head; false for any other."""
    try:
        if not is_video_head(path):
            return False
        with open_container(path) as container:
            stream_of(path, container)
            return True
    except (OSError, VideoError):
        return False


def stream_rate(path: Path) -> Fraction | None:
    """Frames per second that the container states of the stream `iter_stream` decodes; None where it states none.

    Raises `VideoError` for what is no video.
    """
    with open_container(path) as container:
        return stream_of(path, container).average_rate


def stream_notes(path: Path) -> list[str]:
    """What the picture of a video leaves out or takes for granted, a clause each; looks at the first frame only.

    Raises `VideoError` as `iter_stream` does.
    """
    with open_container(path) as container:
        stream = stream_of(path, container)
        frame = next(_decoded(path, container, stream), None)
        moving = [other for other in container.streams.video if not other.disposition & Disposition.attached_pic]
        found = []
        if len(moving) > 1:
            found.append(f"of its {len(moving)} video streams, number {stream.index} is taken")
        if not states_length(path, container, stream):
            found.append(NO_LENGTH)
        return found + (_frame_notes(path, frame, stream.sample_aspect_ratio) if frame is not None else [])


def _frame_notes(path: Path, frame: av.VideoFrame, pixel: Fraction | None) -> list[str]:
    found = []
    shape = _display(path, frame, pixel).pixel
    if shape != 1:
        found.append(f"its pixels are {shape.numerator}:{shape.denominator}, and it is stretched to square ones")
    if transfer := _HDR.get(int(frame.color_trc)):
        found.append(f"its transfer characteristic {transfer} is not applied")
    if int(frame.color_primaries) == _BT2020:
        found.append("its colours are in the primaries of BT.2020 and stay there")
    if frame.interlaced_frame:
        found.append("it is interlaced, and its fields are not taken apart")
    if any(component.is_alpha for component in frame.format.components):
        found.append("its transparency is dropped")
    return found


@contextmanager
def open_container(path: Path) -> Iterator["av.container.InputContainer"]:
    """A video file, opened. Raises `VideoError` for what is no video, or becomes none while it is read."""
    try:
        if is_playlist(path):
            raise VideoError(f"{path}: a playlist, which names other files. Give the video itself.")
        # A relative path with a colon would be an address, of a protocol that FFmpeg does not know.
        with av.open(str(path.absolute()), **_TOLERANT) as container:
            refuse_bare(path, container.format.name)
            refuse_cut(path, container.format.name)
            yield container
    except (OSError, av.FFmpegError) as error:
        reason = error.strerror or error
        advice = "Fix its permissions." if isinstance(error, PermissionError) else "Replace or re-encode it."
        raise VideoError(f"{path}: not a readable video ({reason}). {advice}") from error


def stream_of(path: Path, container: "av.container.InputContainer") -> "av.VideoStream":
    """The stream FFmpeg thinks best among those that move: not the cover picture that players show in lists."""
    videos = container.streams.video
    if not videos:
        raise VideoError(f"{path}: holds no video stream")
    moving = [stream for stream in videos if not stream.disposition & Disposition.attached_pic]
    if not moving:
        raise VideoError(f"{path}: holds a cover picture, but no video stream")
    best = container.streams.best("video")
    return next((stream for stream in moving if best is not None and stream.index == best.index), moving[0])


def _decoded(path: Path, container: "av.container.InputContainer", stream: "av.VideoStream") -> Iterator[av.VideoFrame]:
    """Frames in presentation order; a packet that is not all there is no frame that FFmpeg may make up."""
    index = 0
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise VideoError(f"{path}: frame {index} is damaged")
        for frame in packet.decode():
            if frame.is_corrupt:
                raise VideoError(f"{path}: frame {index} is damaged")
            yield frame
            index += 1


def _display(path: Path, frame: av.VideoFrame, pixel: Fraction | None) -> Display:
    try:
        return display_of(frame, pixel)
    except VideoError as error:
        raise VideoError(f"{path}: {error}") from error


def _shown(path: Path, frame: av.VideoFrame, convert: ToRgb, display: Display) -> NDArray[np.uint8]:
    try:
        return display(convert(frame))
    except VideoError as error:
        raise VideoError(f"{path}: {error}") from error
