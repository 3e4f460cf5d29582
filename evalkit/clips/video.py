"""The only way to frames for the rest of evalkit: decodes, resizes, changes layouts, writes clips without loss.

Frames are (T, H, W, 3) uint8 RGB everywhere outside this file. Videos are addressed by frame index, never by time, so a
variable frame rate or a meaningless container rate (VoxCeleb copies say 10 fps) changes nothing. What of a file is
honoured, refused or ignored is a table in docs/inputs.md; the files beside this one do it: `streams` and `whole` for
videos, `pictures` for pictures, `rgb` for colours, `display` for turned, mirrored and stretched frames. Decoding goes
in chunks, so memory does not grow with the length of a clip. Lossy copies for web pages are written by `web_copy`.
"""

import errno
import os
import re
import stat
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalkit.base.csvfile import is_number
from evalkit.base.files import atomic_folder, atomic_path
from evalkit.base.names import is_text, nfc, path_in
from evalkit.base.refusals import explained
from evalkit.base.stopwatch import stage, staged
from evalkit.clips.kinds import IMAGE_SUFFIXES, UNFINISHED, UNREAD_IMAGES, VIDEO_SUFFIXES
from evalkit.clips.pictures import is_animated, iter_stills, profile_of
from evalkit.clips.special_files import mode_of, refuse_absent, refuse_special
from evalkit.clips.streams import Picture, holds_video, iter_stream, stream_notes, stream_rate
from evalkit.errors import VideoError
from evalkit.types import AS_STORED, Frames, Rgb, Selection

CHUNK = 16
"""Frames decoded, processed and held at a time."""
DECODER = 2
"""Rises when the same file gives other pixels under the same rule; a part of the keys of cached features."""
_BITEXACT = 1 << 23
_LOSSLESS: dict[str, tuple[str, str, dict[str, str]]] = {
    "matroska": ("ffv1", "bgr0", {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}),
    "mp4": ("libx264rgb", "rgb24", {"qp": "0", "preset": "veryfast", "threads": "1"}),
}
_PNG_EFFORT = 1


def is_clip(path: Path) -> bool:
    """Whether `path` looks like something that can be decoded: a video file, an image, or a folder of images.

    A file is known by its suffix, and one of another suffix by its first bytes.
    """
    if mode_of(path) == stat.S_IFDIR:
        return bool(_images(path))
    return path.suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES or is_video_inside(path)


def is_video_inside(path: Path) -> bool:
    """Whether a regular file whose suffix says nothing holds a video; one that is still being written does not."""
    suffix = path.suffix.lower()
    return suffix not in UNFINISHED | UNREAD_IMAGES and mode_of(path) == stat.S_IFREG and holds_video(path)


def iter_frames(path: Path, selection: Selection = AS_STORED, *, chunk: int = CHUNK) -> Iterator[Frames]:
    """The selected frames of a clip, brought to their size (`fit`), in chunks of (<= chunk, H, W, 3) uint8 RGB.

    Raises `VideoError` for a missing, undecodable, damaged or truncated file, and for a clip that holds none of the
    frames asked for.
    """
    empty = True
    for batch in staged("decode", _batched(_selected(path, selection), chunk)):
        empty = False
        with stage("decode"):
            frames = _stack(path, [fit(image(), selection.size) for image in batch])
        yield frames
    if empty:
        start = selection.start
        raise VideoError(f"{path}: no frame at index {start} or later. Use a longer clip or a lower driving start.")


def read_frames(path: Path, indices: Sequence[int], *, size: int | None = None, rgb: Rgb = "accurate") -> Frames:
    """The frames at `indices` (negative ones count from the end), as (len(indices), H, W, 3) uint8 RGB by a rule.

    Raises `VideoError` as `iter_frames` does, and for an index the clip does not have.
    """
    stop = None if min(indices) < 0 else max(indices) + 1
    tail: deque[NDArray[np.uint8]] = deque(maxlen=max(0, -min(indices)))
    found: dict[int, NDArray[np.uint8]] = {}
    count = 0
    for index, image in _pictures(path, stop, rgb):
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


def iter_pictures(path: Path, stop: int | None = None, rgb: Rgb = "accurate") -> Iterator[tuple[int, Picture]]:
    """Index and picture of every frame before `stop`; pictures nobody calls are decoded only.

    Raises `VideoError` as `iter_frames` does.
    """
    yield from _pictures(path, stop, rgb)


def sequence_image(folder: Path, frame: str) -> Path | None:
    """A picture of an image sequence by file name or by number; None when there is no such picture or sequence."""
    if not folder.is_dir():
        return None
    if not is_number(frame):
        if len(frame.encode(errors="surrogatepass")) > 255 or "\0" in frame:  # no file has such a name
            return None
        path = path_in(folder, frame)
        same = nfc(path.name) == nfc(frame)
        return path if path.suffix.lower() in IMAGE_SUFFIXES and same and path.is_file() else None
    images = _images(folder)
    return images[int(frame)] if int(frame) < len(images) else None


def count_frames(path: Path, selection: Selection = AS_STORED) -> int:
    """How many frames `iter_frames` would give. Decodes without converting. Raises `VideoError` as it does."""
    return sum(1 for _ in _selected(path, selection))


def frame_size(path: Path) -> tuple[int, int]:
    """Width and height of the first frame, as it is shown. Raises `VideoError` when there is none."""
    for _, image in _pictures(path, 1, "accurate"):
        height, width = image().shape[:2]
        return width, height
    raise VideoError(f"{path}: holds no frame")


def frame_rate(path: Path, default: float = 25.0) -> float:
    """Frames per second the container states, or `default` for images and streams that state none."""
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return default
    refuse_special(path)
    try:
        rate = stream_rate(path)
    except VideoError:
        return default
    return float(rate) if rate else default


def is_animation(path: Path) -> bool:
    """Whether `path` is a picture file with several frames, which makes it a clip. Looks at its head only."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and is_animated(path)


def notes(path: Path) -> tuple[str, ...]:
    """What evalkit leaves out of a clip or takes for granted, a clause each ("its transparency is dropped").

    Empty for most clips. Raises `VideoError` for one that cannot be read.
    """
    refuse_absent(path)
    if path.is_dir():
        found = {note for image in _images(path)[:1] if (note := profile_of(image))}
        return tuple(sorted(found))
    if path.suffix.lower() in IMAGE_SUFFIXES:
        note = profile_of(path)
        return (note,) if note else ()
    return tuple(stream_notes(path))


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
    with stage("resize"):
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
            with stage("write"):
                for frame in frames:
                    writer.add(frame)
        return writer.count


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write (H, W, 3) uint8 RGB as PNG, atomically."""
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG", compress_level=_PNG_EFFORT)


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


def _selected(path: Path, rule: Selection) -> Iterator[Picture]:
    """Pictures that a selection takes; each is held back until `end_margin` more have been seen."""
    stop = None if rule.maximum is None else rule.start + rule.stride * (rule.maximum - 1) + 1 + rule.end_margin
    held: deque[tuple[int, Picture]] = deque()
    for item in _pictures(path, stop, rule.rgb):
        held.append(item)
        if len(held) > rule.end_margin:
            index, picture = held.popleft()
            if index >= rule.start and (index - rule.start) % rule.stride == 0:
                yield picture


def _pictures(path: Path, stop: int | None, rgb: Rgb) -> Iterator[tuple[int, Picture]]:
    """Index and picture of every frame before `stop`, in presentation order."""
    refuse_absent(path)
    if path.is_dir():
        pictures: Iterator[Picture] = (partial(_only_picture, image) for image in _images(path))
    elif path.suffix.lower() not in IMAGE_SUFFIXES:
        pictures = iter_stream(path, stop, rgb)
    elif is_animated(path):
        pictures = (partial(_same, picture) for picture in iter_stills(path))
    else:
        pictures = iter([partial(_only_picture, path)])
    yield from enumerate(islice(pictures, stop))


def _only_picture(path: Path) -> NDArray[np.uint8]:
    """The picture in a file, which in a folder of pictures has to be one."""
    refuse_special(path)
    pictures = list(islice(iter_stills(path), 2))
    if len(pictures) > 1:
        raise VideoError(f"{path}: an animation among the pictures of a folder. Take it out, or save its frames.")
    return pictures[0]


def _same(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture


def _images(folder: Path) -> list[Path]:
    """Pictures of a sequence in order."""
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise VideoError(explained(error, folder)) from error
    names = [p for p in entries if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")]
    return sorted((p for p in names if is_text(p.name)), key=natural_order)


def natural_order(path: Path) -> tuple[list[int | str], str]:
    """Sorting key: runs of digits count as numbers, so frame 10 follows frame 9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)], path.name


def _batched(items: Iterable[Picture], count: int) -> Iterator[list[Picture]]:
    iterator = iter(items)
    while batch := list(islice(iterator, count)):
        yield batch


def _stack(path: Path, images: Sequence[NDArray[np.uint8]]) -> Frames:
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        raise VideoError(f"{path}: frames of different sizes {sorted(shapes)}; make them one size")
    return np.stack(images)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """What FFmpeg could not write is told as the system tells it, with the file."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or errno.EIO), str(path)) from error


class _Encoder:
    """An output video that is being written. Its bytes depend on the frames and the rate alone."""

    def __init__(self, path: Path, container: "av.container.OutputContainer", name: str, fps: float) -> None:
        codec, pixels, options = _LOSSLESS[name]
        stream: Any = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        stream.pix_fmt = pixels
        stream.options = options
        stream.codec_context.flags |= _BITEXACT
        self._path, self._container, self._stream, self._empty = path, container, stream, True

    @classmethod
    @contextmanager
    def open(cls, path: Path, fps: float) -> Iterator["_Encoder"]:
        """The format follows the suffix; the file appears when the block ends well."""
        name = "mp4" if path.suffix == ".mp4" else "matroska"
        with atomic_path(path) as temporary:
            with _naming(path):
                container = av.open(str(temporary.absolute()), "w", format=name, options={"fflags": "+bitexact"})
            try:
                encoder = cls(path, container, name, fps)
                yield encoder
                with _naming(path):
                    container.mux(encoder._stream.encode())
                    container.close()
            except BaseException:
                with suppress(OSError):
                    container.close()
                raise

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Encode one frame; the first one sets the size."""
        if self._empty:
            self._stream.height, self._stream.width = frame.shape[:2]
            self._empty = False
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        with _naming(self._path):
            self._container.mux(self._stream.encode(picture))
