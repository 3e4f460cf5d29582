"""A decoded video frame as RGB, by one of two rules (docs/decisions/frames.md has both measured).

`accurate`  what the file says: the matrix and range of the stream (ITU-T H.273, section 8.3), chroma interpolated from
            its stated place, every depth scaled by its largest value, rounded to the nearest of 256 levels
`swscale`   the bits that FFmpeg gives when nobody asks for more: chroma of 4:2:0 and 4:2:2 is repeated, not
            interpolated, and comes out one to two levels too dark

What streams leave open: no matrix is BT.601, no range is limited for YUV and full for RGB and grey.
"""

import re
import sys
from collections.abc import Callable
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from evalkit.errors import VideoError
from evalkit.types import Rgb

# Flags of libswscale/swscale.h. PyAV takes any number of them as one integer; it has no names for all before 18.
_BILINEAR, _BICUBIC = 1 << 1, 1 << 2
_FULL_CHROMA, _ACCURATE, _BITEXACT = 1 << 13, 1 << 18, 1 << 19
_EXACT = _BILINEAR | _FULL_CHROMA | _ACCURATE | _BITEXACT


_BT601 = (0.299, 0.114)
_WEIGHTS: dict[int, tuple[float, float]] = {
    0: _BT601,  # "identity" on YUV contradicts itself: taken as not stated
    1: (0.2126, 0.0722),
    2: _BT601,  # not stated
    3: _BT601,  # reserved
    4: (0.30, 0.11),
    5: _BT601,
    6: _BT601,
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""H.273, table 4: code of the matrix -> weight of red and of blue in luma."""
_YCGCO = 8
_LIMITED, _FULL = 1, 2
_ENDIAN = "le" if sys.byteorder == "little" else "be"
_PACKED_BITS = {"rgb565": (5, 6, 5), "bgr565": (5, 6, 5), "rgb555": (5, 5, 5), "bgr555": (5, 5, 5)}
_PACKED_BITS |= {"rgb444": (4, 4, 4), "bgr444": (4, 4, 4)}
_NO_COLOURS = ("bayer_", "xyz12")
_FLOAT = re.compile(r"f(16|32)(be|le)$")


class ToRgb:
    """Converts the frames of one stream; keeps what swscale prepares for them. Not for two threads at once."""

    def __init__(self, rule: Rgb) -> None:
        self._convert: Callable[[av.VideoFrame], NDArray[np.uint8]] = {
            "accurate": self._accurate,
            "swscale": self._swscale,
        }[rule]
        self._scaler = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB as stored: neither turned nor stretched. Alpha is dropped.

        Raises `VideoError` for colours that the rule has no conversion for.
        """
        try:
            return self._convert(frame)
        except (OSError, av.FFmpegError, ValueError) as error:
            raise VideoError(
                f"{frame.format.name} pictures with colour matrix {int(frame.colorspace)} cannot be converted to RGB "
                f"({error}). Re-encode it as yuv420p, BT.709."
            ) from error

    def _swscale(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        scaled = self._scaler.reformat(frame, format="rgb24", interpolation=_BICUBIC, threads=1)
        return np.asarray(scaled.to_ndarray(), dtype=np.uint8)

    def _accurate(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        pixels = frame.format
        if pixels.name.startswith(_NO_COLOURS):
            raise VideoError(f"{pixels.name} pictures have no RGB of their own. Re-encode it as yuv420p, BT.709.")
        if pixels.has_palette or pixels.name.startswith("mono"):
            return np.asarray(self._planar(frame, "rgb24").to_ndarray(), dtype=np.uint8)
        bits = max(component.bits for component in pixels.components)
        limited = frame.color_range == _LIMITED
        if pixels.is_rgb:
            return self._rgb(frame, bits, limited)
        if sum(not component.is_alpha for component in pixels.components) == 1:
            return self._grey(frame, bits, limited)
        limited = frame.color_range != _FULL and not pixels.name.startswith("yuvj")
        if frame.colorspace == _YCGCO or (bits > 8 and not limited):
            return self._by_formula(frame, bits, limited)
        # For everything else swscale asked nicely rounds to the nearest level. It writes planes with vector code and
        # packed RGB without, which takes four times as long.
        return _interleaved(_samples(self._planar(frame, "gbrp")))

    def _planar(self, frame: av.VideoFrame, name: str) -> av.VideoFrame:
        if frame.format.name == name:
            return frame
        # A matrix that swscale does not know must not keep it from moving samples about, which needs none. PyAV marks
        # the frame so for the call alone.
        known = 5 if frame.colorspace in (3, _YCGCO) else None
        return self._scaler.reformat(
            frame, format=name, interpolation=_EXACT, threads=1, src_colorspace=known, dst_colorspace=known
        )

    def _rgb(self, frame: av.VideoFrame, bits: int, limited: bool) -> NDArray[np.uint8]:
        name = frame.format.name
        if (short := name[:6]) in _PACKED_BITS:
            return _unpacked(frame, _PACKED_BITS[short], name)
        if bits <= 8 and not limited:
            return np.asarray(self._planar(frame, "rgb24").to_ndarray(), dtype=np.uint8)
        if bits <= 8:
            frame = self._planar(frame, "gbrp")
        elif name.startswith("x2"):
            frame = self._planar(frame, f"gbrp{bits}{_ENDIAN}")
        return _interleaved([_levels(samples, bits, limited) for samples in _samples(frame)[:3]])

    def _grey(self, frame: av.VideoFrame, bits: int, limited: bool) -> NDArray[np.uint8]:
        return np.repeat(_levels(_samples(frame)[0], bits, limited)[..., None], 3, axis=2)

    def _by_formula(self, frame: av.VideoFrame, bits: int, limited: bool) -> NDArray[np.uint8]:
        """RGB of YUV at any depth by the equations themselves; swscale only brings chroma to the size of luma."""
        whole = self._planar(frame, "yuv444p" if bits == 8 else f"yuv444p{bits}{_ENDIAN}")
        luma, blue, red = (samples.astype(np.float32) for samples in _samples(whole))
        half, unit, top = 2.0 ** (bits - 1), 2.0 ** (bits - 8), 2.0**bits - 1
        # H.273 derives YCgCo from RGB that has its 219 levels already, the others from RGB in [0, 1].
        steps = 219 if frame.colorspace == _YCGCO else 224
        luma = (luma - 16 * unit) * (255 / 219 / unit) if limited else luma * (255 / top)
        blue, red = ((plane - half) * (255 / steps / unit if limited else 255 / top) for plane in (blue, red))
        if frame.colorspace == _YCGCO:
            base = luma - blue
            planes = [base + red, luma + blue, base - red]
        else:
            kr, kb = _WEIGHTS[int(frame.colorspace)]
            planes = [luma + 2 * (1 - kr) * red, luma, luma + 2 * (1 - kb) * blue]
            planes[1] = (luma - kr * planes[0] - kb * planes[2]) / (1 - kr - kb)
        return _interleaved([np.rint(np.clip(plane, 0, 255)).astype(np.uint8) for plane in planes])


def _plane(frame: av.VideoFrame, index: int, dtype: np.dtype[Any], channels: int = 1) -> NDArray[Any]:
    """(H, W, channels) samples of one plane, without the padding at the ends of its lines."""
    plane = frame.planes[index]
    lines = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
    return lines[: frame.height, : frame.width * channels].reshape(frame.height, frame.width, channels)


def _samples(frame: av.VideoFrame) -> list[NDArray[Any]]:
    """Red, green, blue or grey or Y, Cb, Cr as stored, (H, W) each, of formats that subsample nothing."""
    name, parts = frame.format.name, frame.format.components
    order = ">" if frame.format.is_big_endian else "<"
    kind = "f" if _FLOAT.search(name) else "u"
    dtype = np.dtype(f"{order}{kind}{(parts[0].bits + 7) // 8}")
    if frame.format.is_planar:
        unused = 8 * dtype.itemsize - parts[0].bits if "msb" in name else 0
        planes = [_plane(frame, part.plane, dtype)[..., 0] for part in parts]
        return [samples >> unused for samples in planes] if unused else planes
    packed = _plane(frame, 0, dtype, len(parts))
    return [packed[..., index] for index in ((2, 1, 0) if name.startswith("bgr") else range(len(parts)))]


def _interleaved(channels: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Red, green and blue, (H, W) each, to (H, W, 3)."""
    rgb = np.empty((*channels[0].shape, 3), np.uint8)
    for index, channel in enumerate(channels):
        rgb[..., index] = channel
    return rgb


def _levels(samples: NDArray[Any], bits: int, limited: bool) -> NDArray[np.uint8]:
    """Samples of RGB or grey to the nearest of 256 levels. Floats are in [0, 1]. Raises `VideoError` for NaN."""
    values = samples.astype(np.float32)
    if samples.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise VideoError("holds NaN or infinite values")
        values *= 255
    elif limited:
        unit = 2.0 ** (bits - 8)
        values = (values - 16 * unit) * (255 / 219 / unit)
    else:
        values *= 255 / (2.0**bits - 1)
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def _unpacked(frame: av.VideoFrame, bits: tuple[int, int, int], name: str) -> NDArray[np.uint8]:
    """RGB in two bytes a pixel; swscale fills the low bits with zeros, so that white is not 255."""
    order = np.dtype(">u2" if name.endswith("be") else "<u2")
    words: NDArray[Any] = _plane(frame, 0, order)[..., 0].astype(np.uint16)
    rgb = np.empty((*words.shape, 3), np.uint8)
    for channel in (2, 1, 0):
        top = (1 << bits[channel]) - 1
        rgb[..., channel] = np.rint((words & top) * (255 / top))
        words = words >> bits[channel]
    return rgb[..., ::-1] if name.startswith("bgr") else rgb
