"""What programs make of the same video: the table of docs/decisions/frames.md, and what the accurate rule costs.

    uv run --with imageio,imageio-ffmpeg,opencv-python-headless,decord,torchcodec,torchvision \
        python -m benchmarks.rgb_rules [--faces DIR]

Clips are encoded from frames of the drawn corpus, or of the first clip in `--faces`, in several pixel formats. Truth is
RGB computed in float64 from the decoded planes by the equations of ITU-T H.273, with chroma interpolated linearly from
its place, rounded. A reader that is not installed is named and left out.
"""

import argparse
import importlib.util
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from evalkit.clips import video
from evalkit.clips.rgb import ToRgb
from evalkit.types import Frames, Rgb, Selection

COUNT, SIDE = 12, 256
RULES: tuple[Rgb, ...] = ("swscale", "accurate")
WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114)}


@dataclass(frozen=True)
class Case:
    """A way to store a clip: pixel format, code of the matrix (None: not stated), full range or limited."""

    name: str
    pixels: str
    matrix: int | None = None
    full: bool = False


CASES = (
    Case("yuv420p", "yuv420p"),
    Case("yuv420p, BT.709", "yuv420p", 1),
    Case("yuvj420p", "yuvj420p", None, True),
    Case("yuv444p", "yuv444p"),
    Case("yuv420p10", "yuv420p10le"),
)


def encode(path: Path, frames: Frames, case: Case) -> None:
    """An H.264 clip of nearly no loss in the format of `case`."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.pix_fmt, stream.height, stream.width = case.pixels, *frames.shape[1:3]
        stream.options = {"crf": "4"}
        if case.matrix:
            stream.codec_context.colorspace = case.matrix
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture = picture.reformat(format=case.pixels, dst_colorspace=case.matrix)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def truth(path: Path, case: Case) -> NDArray[np.float64]:
    """(T, H, W, 3) rounded levels."""
    kr, kb = WEIGHTS[case.matrix or 5]
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            bits = frame.format.components[0].bits
            dtype = np.uint8 if bits == 8 else np.dtype("<u2")
            planes = []
            for plane in list(frame.planes)[:3]:
                lines = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1)
                planes.append(lines[:, : plane.width].astype(np.float64) / 2 ** (bits - 8))
            luma, blue, red = planes[0], *(enlarge(plane, planes[0].shape) for plane in planes[1:])
            luma = luma if case.full else (luma - 16) * 255 / 219
            blue, red = ((plane - 128) * (1 if case.full else 255 / 224) for plane in (blue, red))
            r, b = luma + 2 * (1 - kr) * red, luma + 2 * (1 - kb) * blue
            g = (luma - kr * r - kb * b) / (1 - kr - kb)
            found.append(np.clip(np.rint(np.stack([r, g, b], axis=2)), 0, 255))
    return np.stack(found)


def enlarge(plane: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Chroma at the size of luma, interpolated linearly: rows lie between two of luma, columns on every second."""
    rows = (np.arange(shape[0]) - 0.5) / 2 if plane.shape[0] < shape[0] else np.arange(shape[0])
    columns = np.arange(shape[1]) / 2 if plane.shape[1] < shape[1] else np.arange(shape[1])
    high = np.stack([np.interp(rows, np.arange(len(plane)), line) for line in plane.T], axis=1)
    return np.stack([np.interp(columns, np.arange(plane.shape[1]), line) for line in high])


def by_evalkit(rgb: Rgb) -> Callable[[Path], Frames]:
    """A rule of evalkit."""
    return lambda path: np.concatenate(list(video.iter_frames(path, Selection(rgb=rgb))))


def by_ffmpeg(flags: str) -> Callable[[Path], Frames]:
    """The program ffmpeg that comes with imageio-ffmpeg, with these flags of its scaler (empty: its default)."""

    def read(path: Path) -> Frames:
        import imageio_ffmpeg

        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
        command += ["-vf", f"scale=flags={flags}"] if flags else []
        raw = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
        return np.frombuffer(raw.stdout, np.uint8).reshape(-1, SIDE, SIDE, 3)

    return read


def by_imageio(path: Path) -> Frames:
    """imageio with its plugin for ffmpeg, as the FOMM line reads clips."""
    import imageio.v2

    with imageio.v2.get_reader(path, format="ffmpeg") as reader:
        return np.stack(list(reader.iter_data()))


def by_opencv(path: Path) -> Frames:
    """OpenCV's VideoCapture, channels put right."""
    import cv2

    capture, found = cv2.VideoCapture(str(path)), []
    while (answer := capture.read())[0]:
        found.append(answer[1][..., ::-1])
    return np.stack(found)


def by_decord(path: Path) -> Frames:
    """decord on the CPU."""
    import decord

    return np.asarray(decord.VideoReader(str(path))[:].asnumpy())


def by_torchcodec(path: Path) -> Frames:
    """torchcodec on the CPU."""
    from torchcodec.decoders import VideoDecoder

    return np.asarray(VideoDecoder(str(path))[:].permute(0, 2, 3, 1).numpy())


def by_torchvision(path: Path) -> Frames:
    """torchvision.io.read_video; newer versions have none."""
    from torchvision.io import read_video

    return np.asarray(read_video(str(path), pts_unit="sec")[0].numpy())


READERS: tuple[tuple[str, str, Callable[[Path], Frames]], ...] = (
    ("evalkit, accurate", "av", by_evalkit("accurate")),
    ("evalkit, swscale", "av", by_evalkit("swscale")),
    ("ffmpeg", "imageio_ffmpeg", by_ffmpeg("")),
    ("ffmpeg, accurate_rnd", "imageio_ffmpeg", by_ffmpeg("bicubic+accurate_rnd")),
    ("ffmpeg, accurate_rnd+full_chroma_int", "imageio_ffmpeg", by_ffmpeg("bicubic+accurate_rnd+full_chroma_int")),
    ("imageio", "imageio", by_imageio),
    ("OpenCV", "cv2", by_opencv),
    ("decord", "decord", by_decord),
    ("torchcodec", "torchcodec", by_torchcodec),
    ("torchvision", "torchvision", by_torchvision),
)


def compare(frames: Frames, folder: Path) -> Iterator[str]:
    """Rows of the table: reader, then the mean difference of each case (red, green, blue) and whether it is swscale."""
    paths = {case: folder / f"{case.pixels}{case.matrix or ''}.mp4" for case in CASES}
    for case, path in paths.items():
        encode(path, frames, case)
    true = {case: truth(path, case) for case, path in paths.items()}
    default = {case: by_evalkit("swscale")(path) for case, path in paths.items()}
    yield "| Read by | " + " | ".join(case.name for case in CASES) + " |"
    yield "|---|" + "---|" * len(CASES)
    for name, module, read in READERS:
        if importlib.util.find_spec(module) is None:
            yield f"| {name} | " + "not installed | " * len(CASES)
            continue
        cells = []
        for case, path in paths.items():
            try:
                found = read(path)
                bias = (found - true[case]).mean(axis=(0, 1, 2))
                same = ", same bits as swscale" if np.array_equal(found, default[case]) else ""
                cells.append("{:+.2f} {:+.2f} {:+.2f}".format(*bias) + same)
            except Exception as error:
                cells.append(f"fails ({type(error).__name__})")
        yield f"| {name} | " + " | ".join(cells) + " |"


def costs(frames: Frames, folder: Path) -> Iterator[str]:
    """What the two rules cost beside decoding itself, milliseconds of one core a frame, the least of five."""
    yield "| Clip | decoding | swscale | accurate | whole reading, accurate / swscale |"
    yield "|---|---|---|---|---|"
    for side in (SIDE, 4 * SIDE):
        large = np.stack([video.fit(frame, side) for frame in frames])
        for case in (CASES[0], CASES[3]):
            path = folder / f"{side}{case.pixels}.mp4"
            encode(path, large, case)
            with av.open(str(path)) as container:
                decoded = list(container.decode(video=0))
            one, other = (least(partial(convert, decoded, rgb)) for rgb in RULES)
            alone = least(partial(video.count_frames, path))
            ratio = (alone + other) / (alone + one)
            yield f"| {case.pixels}, {side} px | {alone:.2f} | {one:.2f} | {other:.2f} | {ratio:.2f} |"


def convert(frames: list[av.VideoFrame], rgb: Rgb) -> None:
    """All frames of a clip by one rule."""
    rule = ToRgb(rgb)
    for frame in frames:
        rule(frame)


def least(work: Callable[[], object]) -> float:
    """Milliseconds of processor time a frame."""
    found = []
    for _ in range(5):
        began = time.process_time()
        work()
        found.append((time.process_time() - began) / COUNT * 1000)
    return min(found)


def drawn(faces: Path | None) -> Frames:
    """(COUNT, SIDE, SIDE, 3) frames to encode."""
    if faces:
        return next(video.iter_frames(sorted(faces.rglob("*.mp4"))[0], Selection(size=SIDE), chunk=COUNT))
    from evalkit.datasets import DATASETS

    dataset = DATASETS.get("demo")
    clips = dataset.index(dataset.resolve_root(None))
    return next(video.iter_frames(clips[0].path, Selection(size=SIDE), chunk=COUNT))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, help="folder of clips to take the frames from")
    asked = parser.parse_args()
    frames = drawn(asked.faces)
    with tempfile.TemporaryDirectory() as name, suppress(BrokenPipeError):
        for line in (*compare(frames, Path(name)), "", *costs(frames, Path(name))):
            print(line)


if __name__ == "__main__":
    main()
