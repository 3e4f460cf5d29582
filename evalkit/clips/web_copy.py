"""Clips and pictures for web browsers: H.264 in MP4 and JPEG. Encodes only, and loses detail: to look at, not to score.

Every third of a second is a keyframe and no frame waits for a later one, so that a page can jump to any frame at once.
Colours are BT.709 and say so; an untagged clip is shown in other colours by some browsers when it is large.
"""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalkit.base.files import atomic_path
from evalkit.errors import VideoError
from evalkit.types import Frames

_CODEC = "libx264"
_OPTIONS = {"crf": "20", "preset": "veryfast", "g": "8", "bf": "0", "threads": "1"}
_BT709, _LIMITED_RANGE = 1, 1
_JPEG_QUALITY = 85


def write_browser_video(path: Path, chunks: Iterable[Frames], fps: float) -> int:
    """Write (t, H, W, 3) uint8 RGB chunks, H and W even, as MP4 that starts before it is loaded whole.

    Returns the number of frames; the file appears when all are in. Raises `VideoError` for odd sizes and for no frame.
    """
    count = 0
    with (
        atomic_path(path) as temporary,
        av.open(str(temporary.absolute()), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        stream: Any = None
        for frame in (frame for chunk in chunks for frame in chunk):
            if stream is None:
                stream = _stream(container, path, frame.shape[0], frame.shape[1], fps)
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            # One thread, as wherever bytes have to be the same again.
            picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG", threads=1)
            container.mux(stream.encode(picture))
            count += 1
        if stream is None:
            raise VideoError(f"{path}: there is no frame to write.")
        container.mux(stream.encode())
    return count


def write_jpeg(path: Path, image: NDArray[np.uint8]) -> None:
    """Write (H, W, 3) uint8 RGB as JPEG, atomically."""
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, format="JPEG", quality=_JPEG_QUALITY, optimize=True)


def _stream(container: "av.container.OutputContainer", path: Path, height: int, width: int, fps: float) -> Any:
    if height % 2 or width % 2:
        raise VideoError(f"{path}: frames are {width}x{height}; browsers need even sizes.")
    stream: Any = container.add_stream(_CODEC, rate=Fraction(fps).limit_denominator(1001))
    stream.pix_fmt, stream.height, stream.width = "yuv420p", height, width
    stream.options = dict(_OPTIONS)
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED_RANGE
    return stream
