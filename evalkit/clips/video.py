"""The only place that decodes, resizes, or changes the layout of pictures, and that writes clips without loss.

Frames are (T, H, W, 3) uint8 RGB everywhere outside this file. Videos are addressed by frame index, never by time, so a
variable frame rate or a meaningless container rate (VoxCeleb copies say 10 fps) changes nothing. Rotation marks are
honoured, the colour matrix is the one the stream is tagged with (BT.601 when it is not), alpha is dropped, 16-bit grey
is scaled to 8. Decoding streams in chunks, so memory does not grow with the length of a clip. Lossy copies for web
pages are written by `web_copy`.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from evalkit.base.files import atomic_folder, atomic_path
from evalkit.errors import VideoError
from evalkit.types import AS_STORED, Frames, Selection

VIDEO_SUFFIXES = frozenset({".mp4", ".mkv", ".avi", ".mov", ".webm", ".m4v", ".gif"})
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
CHUNK = 16
"""Frames decoded, processed and held at a time."""
Picture: TypeAlias = Callable[[], NDArray[np.uint8]]
"""A decoded picture; calling it converts it to (H, W, 3) uint8 RGB."""
_BITEXACT = 1 << 23
_LOSSLESS: dict[str, tuple[str, str, dict[str, str]]] = {
    "matroska": ("ffv1", "bgr0", {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}),
    "mp4": ("libx264rgb", "rgb24", {"qp": "0", "preset": "veryfast", "threads": "1"}),
}
_PNG_EFFORT = 1
# Titles that are not UTF-8 must not stop a clip. PyAV decodes them so by itself since 19, where the argument is gone.
_TOLERANT: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
_MISSING_TAIL_S = 0.5


def is_clip(path: Path) -> bool:
    """Whether `path` looks like something that can be decoded: a video file, an image, or a folder of images."""
    if path.is_dir():
        return any(p.suffix.lower() in IMAGE_SUFFIXES for p in path.iterdir())
    return path.suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES


def iter_frames(path: Path, selection: Selection = AS_STORED, *, chunk: int = CHUNK) -> Iterator[Frames]:
    """The selected frames of a clip, brought to their size (`fit`), in chunks of (<= chunk, H, W, 3) uint8 RGB.

    Raises `VideoError` for a missing, undecodable, damaged or truncated file, and for a clip that holds none of the
    frames asked for.
    """
    empty = True
    for batch in _batched(_selected(path, selection), chunk):
        empty = False
        yield _stack(path, [fit(image(), selection.size) for image in batch])
    if empty:
        start = selection.start
        raise VideoError(f"{path}: no frame at index {start} or later. Use a longer clip or a lower driving start.")


def read_frames(path: Path, indices: Sequence[int], *, size: int | None = None) -> Frames:
    """The frames at `indices` (negative ones count from the end), as (len(indices), H, W, 3) uint8 RGB.

    Raises `VideoError` as `iter_frames` does, and for an index the clip does not have.
    """
    stop = None if min(indices) < 0 else max(indices) + 1
    tail: deque[NDArray[np.uint8]] = deque(maxlen=max(0, -min(indices)))
    found: dict[int, NDArray[np.uint8]] = {}
    count = 0
    for index, image in _pictures(path, stop):
        count += 1
        if index in indices:
            found[index] = fit(image(), size)
        if tail.maxlen:
            tail.append(fit(image(), size))
    for index in set(indices):
        if index < 0 and -index <= len(tail):
            found[index] = tail[index]
        if index not in found:
            raise VideoError(
                f"{path}: frame {index} asked for, but the clip has {count}. Fix the source frames or the clip."
            )
    return _stack(path, [found[index] for index in indices])


def iter_pictures(path: Path, stop: int | None = None) -> Iterator[tuple[int, Picture]]:
    """Index and picture of every frame before `stop`; pictures nobody calls are decoded only.

    Raises `VideoError` as `iter_frames` does.
    """
    yield from _pictures(path, stop)


def sequence_image(folder: Path, frame: str) -> Path | None:
    """A picture of an image sequence by file name or by number; None when there is no such picture or sequence."""
    if not folder.is_dir():
        return None
    if not frame.isdecimal():
        path = folder / frame
        return path if path.suffix.lower() in IMAGE_SUFFIXES and path.name == frame and path.is_file() else None
    images = _images(folder)
    return images[int(frame)] if int(frame) < len(images) else None


def count_frames(path: Path, selection: Selection = AS_STORED) -> int:
    """How many frames `iter_frames` would give. Decodes without converting. Raises `VideoError` as it does."""
    return sum(1 for _ in _selected(path, selection))


def frame_size(path: Path) -> tuple[int, int]:
    """Width and height of the first frame. Raises `VideoError` when there is none."""
    for _, image in _pictures(path, 1):
        height, width = image().shape[:2]
        return width, height
    raise VideoError(f"{path}: holds no frame")


def frame_rate(path: Path, default: float = 25.0) -> float:
    """Frames per second the container states, or `default` for images and streams that state none."""
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return default
    _refuse_special(path)
    try:
        with av.open(str(path), **_TOLERANT) as container:
            rate = container.streams.video[0].average_rate if container.streams.video else None
    except (OSError, av.FFmpegError):
        return default
    return float(rate) if rate else default


def fit(image: NDArray[np.uint8], size: int | None) -> NDArray[np.uint8]:
    """Centre-crop (H, W, 3) to a square, then resize to (size, size, 3): Pillow bicubic, antialiased when shrinking."""
    if size is None or image.shape[:2] == (size, size):
        return image
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    if side == size:
        return np.ascontiguousarray(square)
    return np.asarray(Image.fromarray(square).resize((size, size), Image.Resampling.BICUBIC))


def crop(image: NDArray[np.uint8], box: tuple[int, int, int, int], size: int | None) -> NDArray[np.uint8]:
    """Cut `box` (left, top, right, bottom; the last two exclusive) out of (H, W, 3).

    With a `size` the cut is brought to (size, size, 3) whatever its aspect, with the filter of `fit`.
    """
    left, top, right, bottom = box
    cut = np.ascontiguousarray(image[top:bottom, left:right])
    if size is None or cut.shape[:2] == (size, size):
        return cut
    return np.asarray(Image.fromarray(cut).resize((size, size), Image.Resampling.BICUBIC))


def to_uint8(frames: NDArray[np.generic]) -> Frames:
    """Frames as uint8. uint8 passes; floats are taken as [0, 1] and rounded to the nearest of 256 levels.

    Raises `VideoError` for NaN, infinity, floats outside [0, 1] by more than 1e-3, and other dtypes.
    """
    if frames.dtype == np.uint8 or not frames.size:
        return np.asarray(frames, dtype=np.uint8)
    if not np.issubdtype(frames.dtype, np.floating):
        raise VideoError(f"frames have dtype {frames.dtype}; expected uint8 in 0..255 or float in [0, 1]")
    if not np.isfinite(frames).all():
        raise VideoError(f"frames hold {int((~np.isfinite(frames)).sum())} NaN or infinite values")
    low, high = float(frames.min()), float(frames.max())
    if low < -1e-3 or high > 1 + 1e-3:
        raise VideoError(f"float frames span [{low:.3g}, {high:.3g}]; expected [0, 1]")
    return np.asarray(np.rint(np.clip(frames, 0, 1) * 255), dtype=np.uint8)


def write_video(path: Path, chunks: Iterable[Frames], fps: float) -> int:
    """Write frames losslessly and return how many: `.mp4` as H.264 RGB, else FFV1 with checksums in Matroska.

    The file appears only when all frames are in, and the same frames always give the same bytes.
    """
    with ClipWriter(path, fps) as writer:
        for frames in chunks:
            for frame in frames:
                writer.add(frame)
        return writer.count


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write (H, W, 3) uint8 RGB as PNG, atomically."""
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG")


class ClipWriter:
    """Writes a clip frame by frame: a lossless video (`write_video`), or with `images` a folder of `0000000.png`, ...

    The clip appears whole with `finish` and leaves nothing behind with `discard`; a `with` block calls the right one.
    """

    def __init__(self, path: Path, fps: float, images: bool = False) -> None:
        self.count = 0
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(atomic_folder(path)) if images else None
        self._encoder = None if images else self._stack.enter_context(_Encoder.open(path, fps))

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Append one (H, W, 3) uint8 RGB frame; all frames of a clip have one size."""
        if self._encoder:
            self._encoder.add(frame)
        elif self._folder:
            Image.fromarray(frame).save(self._folder / f"{self.count:07d}.png", compress_level=_PNG_EFFORT)
        self.count += 1

    def finish(self) -> None:
        """Put the clip in its place."""
        self._stack.close()

    def discard(self) -> None:
        """Forget the clip."""
        error = VideoError("discarded")
        self._stack.__exit__(VideoError, error, None)

    def __enter__(self) -> "ClipWriter":
        return self

    def __exit__(self, error: type[BaseException] | None, *rest: object) -> None:
        if error is None:
            self.finish()
        else:
            self.discard()


class _Picture:
    """A decoded picture whose conversion to RGB is put off until somebody wants it."""

    def __init__(self, frame: "av.VideoFrame | Path") -> None:
        self._frame = frame

    def __call__(self) -> NDArray[np.uint8]:
        if isinstance(self._frame, Path):
            return _read_image(self._frame)
        rgb = np.asarray(self._frame.to_ndarray(format="rgb24"), dtype=np.uint8)
        return np.ascontiguousarray(np.rot90(rgb, round(self._frame.rotation / 90))) if self._frame.rotation else rgb


def _selected(path: Path, selection: Selection) -> Iterator["_Picture"]:
    """The selected pictures; each is held back until `end_margin` more have been seen."""
    start, stride, maximum, end_margin = selection.start, selection.stride, selection.maximum, selection.end_margin
    stop = None if maximum is None else start + stride * (maximum - 1) + 1 + end_margin
    held: deque[tuple[int, _Picture]] = deque()
    for item in _pictures(path, stop):
        held.append(item)
        if len(held) > end_margin:
            index, picture = held.popleft()
            if index >= start and (index - start) % stride == 0:
                yield picture


def _pictures(path: Path, stop: int | None) -> Iterator[tuple[int, _Picture]]:
    """Index and picture of every frame before `stop`, in presentation order."""
    if not path.exists():
        raise VideoError(f"{path}: no such file or folder")
    _refuse_special(path)
    if path.is_dir():
        yield from ((i, _Picture(p)) for i, p in enumerate(islice(_images(path), stop)))
    elif path.suffix.lower() in IMAGE_SUFFIXES:
        yield 0, _Picture(path)
    else:
        yield from _video_pictures(path, stop)


def _video_pictures(path: Path, stop: int | None) -> Iterator[tuple[int, _Picture]]:
    try:
        with av.open(str(path), **_TOLERANT) as container:
            if not container.streams.video:
                raise VideoError(f"{path}: holds no video stream")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            index, last = 0, None
            for frame in container.decode(stream):
                if frame.is_corrupt:
                    raise VideoError(f"{path}: frame {index} is damaged")
                yield index, _Picture(frame)
                index, last = index + 1, frame
                if stop is not None and index >= stop:
                    return
            if last is not None:
                _refuse_truncated(path, container, index, last)
    except (OSError, av.FFmpegError) as error:
        reason = error.strerror or error
        advice = "Fix its permissions." if isinstance(error, PermissionError) else "Replace or re-encode it."
        raise VideoError(f"{path}: not a readable video ({reason}). {advice}") from error


def _refuse_truncated(path: Path, container: "av.container.InputContainer", frames: int, last: "av.VideoFrame") -> None:
    """FFmpeg ends a cut-off file quietly; the duration in its header tells how long it should have been."""
    stream = container.streams.video[0]
    stated = stream.duration * stream.time_base if stream.duration and stream.time_base else None
    if stated is None and len(container.streams) == 1 and container.duration:
        stated = Fraction(container.duration, av.time_base)
    if stated is None or last.time is None or not last.time_base:
        return
    shown = last.time + float(last.duration * last.time_base) - float((stream.start_time or 0) * last.time_base)
    slack = float(stated) / frames / 2 + (0 if last.duration else _MISSING_TAIL_S)
    if shown < float(stated) - slack:
        of = f" of {stream.frames}" if stream.frames > frames else ""
        raise VideoError(f"{path}: truncated, {frames}{of} frames, {shown:.2f} s of {float(stated):.2f} s")


def _refuse_special(path: Path) -> None:
    """Reading a pipe or a device may never end."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise VideoError(f"{path}: a pipe, socket or device. Only files and folders can be clips; remove it.")


def _read_image(path: Path) -> NDArray[np.uint8]:
    _refuse_special(path)
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):
                return np.repeat((np.asarray(upright) // 257).astype(np.uint8)[..., None], 3, axis=2)
            return np.asarray(upright.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise VideoError(f"{path}: not a readable image ({error}). Replace it.") from error


def _images(folder: Path) -> list[Path]:
    """Pictures of a sequence in order."""
    names = [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")]
    return sorted(names, key=natural_order)


def natural_order(path: Path) -> tuple[list[int | str], str]:
    """Sorting key: runs of digits count as numbers, so frame 10 follows frame 9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)], path.name


def _batched(items: Iterable[_Picture], count: int) -> Iterator[list[_Picture]]:
    iterator = iter(items)
    while batch := list(islice(iterator, count)):
        yield batch


def _stack(path: Path, images: Sequence[NDArray[np.uint8]]) -> Frames:
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        raise VideoError(f"{path}: frames of different sizes {sorted(shapes)}; make them one size")
    return np.stack(images)


class _Encoder:
    """An output video that is being written. Its bytes depend on the frames and the rate alone."""

    def __init__(self, container: "av.container.OutputContainer", name: str, fps: float) -> None:
        codec, pixels, options = _LOSSLESS[name]
        stream: Any = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        stream.pix_fmt = pixels
        stream.options = options
        stream.codec_context.flags |= _BITEXACT
        self._container, self._stream, self._empty = container, stream, True

    @classmethod
    @contextmanager
    def open(cls, path: Path, fps: float) -> Iterator["_Encoder"]:
        """The format follows the suffix; the file appears when the block ends well."""
        name = "mp4" if path.suffix == ".mp4" else "matroska"
        with (
            atomic_path(path) as temporary,
            av.open(str(temporary), "w", format=name, options={"fflags": "+bitexact"}) as container,
        ):
            encoder = cls(container, name, fps)
            yield encoder
            container.mux(encoder._stream.encode())

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Encode one frame; the first one sets the size."""
        if self._empty:
            self._stream.height, self._stream.width = frame.shape[:2]
            self._empty = False
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        self._container.mux(self._stream.encode(picture))
