"""Picture files: every mode that says what its numbers mean becomes RGB, and animations are clips.

A picture is upright as its EXIF orientation says. Alpha is dropped, colour profiles are not applied. 16-bit samples are
divided by 257 and rounded, floats are in [0, 1], whole numbers of 32 bits in 0..255.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from evalkit.clips.rgb import ToRgb
from evalkit.errors import VideoError

_ANIMATED = frozenset({"WEBP", "PNG", "TIFF"})
"""Formats whose several pictures are the frames of a clip. In a JPEG they are views or previews of one picture."""
_ORIENTATION = 274
_SUBFILE, _REDUCED, _MASK = 254, 1, 4
_FLOAT_SLACK = 1e-3
_MOST_PAGES = 1_000_000

_TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].transpose(1, 0, 2),
    8: lambda image: np.rot90(image, 1),
}
"""EXIF 2.3, tag 0x0112: how the stored picture is turned to be upright."""
_UNREADABLE: tuple[type[Exception], ...] = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError)
_UNREADABLE += (EOFError, struct.error, zlib.error, Image.DecompressionBombError)


def is_animated(path: Path) -> bool:
    """Whether a picture file holds several frames. Looks at its head only; false for what is no readable picture."""
    try:
        with Image.open(path) as image:
            return image.format in _ANIMATED and len(_frames(path, image)) > 1
    except _UNREADABLE:
        return False


def iter_stills(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The picture in a file, or the frames of an animation, (H, W, 3) uint8 RGB each.

    Raises `VideoError` for a file that is damaged, cut off, or whose numbers have no stated meaning.
    """
    with _explaining(path), Image.open(path) as image:
        indices = _frames(path, image)
        _refuse_cut(path, image)
        for index in indices:
            image.seek(index)  # also where there is one: a thumbnail may stand before it
            yield _rgb(path, image, alone=indices == [0])


def stored_size(path: Path) -> tuple[int, int] | None:
    """Width and height as stored, from the head of a picture file; None for what is no readable picture."""
    try:
        with Image.open(path) as image:
            return image.size
    except _UNREADABLE:
        return None


def profile_of(path: Path) -> str | None:
    """A sentence about a colour profile that is not applied; None without one or with that of sRGB."""
    try:
        with Image.open(path) as image:
            profile = image.info.get("icc_profile") or b""
    except _UNREADABLE:
        return None
    return None if not profile or b"sRGB" in profile else "its colour profile is not applied"


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except VideoError:
        raise
    except UnidentifiedImageError as error:
        raise VideoError(f"{path}: not a readable image (no known format). Replace it.") from error
    except _UNREADABLE as error:
        raise VideoError(f"{path}: not a readable image ({error}). Replace it.") from error


def _frames(path: Path, image: Image.Image) -> list[int]:
    """Indices of the pictures that are frames: not the still that stands in for an animation, no thumbnail, no mask.

    Raises `ValueError` for a TIFF that is cut off.
    """
    if image.format not in _ANIMATED:
        return [0]
    count = len(_pages(path)) if image.format == "TIFF" else getattr(image, "n_frames", 1)
    if count == 1:
        return [0]
    if image.format == "PNG":
        return list(range(1 if image.info.get("default_image") else 0, count))
    if image.format == "WEBP":
        return list(range(count))
    return [index for index, kind in enumerate(_pages(path)) if not kind & (_REDUCED | _MASK)] or [0]


def _pages(path: Path) -> list[int]:
    """The kind (NewSubfileType) of each picture in a TIFF, by its chain of directories (TIFF 6.0, section 2).

    Pillow takes a chain that leads out of the file for its end. Raises `ValueError` for one.
    """
    size = path.stat().st_size
    kinds: list[int] = []
    with path.open("rb") as file:
        head = file.read(16)
        order, large = "<" if head[:2] == b"II" else ">", head[2:4] in (b"+\0", b"\0+")
        word, count_form, entry = ("Q", "Q", 20) if large else ("I", "H", 12)
        (offset,) = struct.unpack_from(order + word, head, 8 if large else 4)
        while offset:
            file.seek(offset)
            (count,) = struct.unpack(order + count_form, file.read(struct.calcsize(order + count_form)))
            lines, after = file.read(count * entry), file.read(struct.calcsize(order + word))
            if len(lines) < count * entry or len(after) < struct.calcsize(order + word) or len(kinds) >= _MOST_PAGES:
                raise ValueError(f"its directory {len(kinds)} is cut off, {size} bytes are there")
            tags = {struct.unpack_from(order + "H", lines, at)[0]: at for at in range(0, len(lines), entry)}
            found = tags.get(_SUBFILE)
            kinds.append(
                struct.unpack_from(order + "I", lines, found + (12 if large else 8))[0] if found is not None else 0
            )
            (offset,) = struct.unpack(order + word, after)
    return kinds


def _refuse_cut(path: Path, image: Image.Image) -> None:
    """Pillow reads what is there of some cut files; RIFF states its length, and PNG ends in a chunk of its own."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if image.format == "WEBP":
            stated = int.from_bytes(file.read(8)[4:], "little") + 8
            if size < stated:
                raise VideoError(f"{path}: truncated, {size} bytes of {stated}. Replace it.")
        if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
            position, kind = 8, b""
            while kind != b"IEND" and position + 12 <= size:
                file.seek(position)
                length, kind = struct.unpack(">I4s", file.read(8))
                position += 12 + length
            if kind != b"IEND" or position > size:
                raise VideoError(f"{path}: truncated, its end mark is missing. Replace it.")


def _rgb(path: Path, image: Image.Image, alone: bool) -> NDArray[np.uint8]:
    raw = _raw_mode(image)
    orientation = image.getexif().get(_ORIENTATION, 1)
    if ";16" in raw and not image.mode.startswith(("I", "F")):
        if not alone:
            raise VideoError(f"{path}: several 16-bit colour pictures in one file are not read. Save a folder of them.")
        upright = _deep(path, image.format)
    elif image.mode == "F":
        upright = _grey(_floats(path, np.asarray(image)))
    elif image.mode.startswith("I"):
        upright = _grey(_whole_numbers(path, np.asarray(image), raw))
    else:
        upright = np.asarray(image.convert("RGB"))
    return np.ascontiguousarray(_TURNS[orientation](upright)) if orientation in _TURNS else upright


def _raw_mode(image: Any) -> str:
    """How Pillow says samples are stored ("RGB;16B"): only there it tells 16 from 8 bits of a colour picture."""
    if not image.tile:
        return ""
    stated = image.tile[0][3]
    found = stated if isinstance(stated, str) else next(iter(stated or ()), "")
    return found if isinstance(found, str) else ""


def _deep(path: Path, form: str | None) -> NDArray[np.uint8]:
    """Colours of 16 bits, of which Pillow keeps the upper eight only."""
    # Named by its format, a file called `%03d.png` is no pattern for others.
    form = {"PNG": "png_pipe", "TIFF": "tiff_pipe"}.get(form or "")
    with av.open(str(path.absolute()), format=form) as container:
        for frame in container.decode(video=0):
            return ToRgb("accurate")(frame)
    raise VideoError(f"{path}: holds no picture")


def _floats(path: Path, values: NDArray[np.float32]) -> NDArray[np.uint8]:
    if not np.isfinite(values).all():
        raise VideoError(f"{path}: a floating-point picture with NaN or infinite values")
    low, high = float(values.min()), float(values.max())
    if low < -_FLOAT_SLACK or high > 1 + _FLOAT_SLACK:
        raise VideoError(
            f"{path}: a floating-point picture from {low:.4g} to {high:.4g}; expected [0, 1]. Save 8-bit pictures."
        )
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _whole_numbers(path: Path, values: NDArray[np.integer], raw: str) -> NDArray[np.uint8]:
    """Grey of more than 8 bits: as deep as the file says, or 32 bits holding 0..255."""
    stated = re.search(r";(\d+)", raw if ";" in raw else "")
    bits = int(stated.group(1)) if stated and int(stated.group(1)) <= 16 else (16 if values.dtype.itemsize == 2 else 8)
    top = (1 << bits) - 1
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > top:
        raise VideoError(f"{path}: a picture of whole numbers from {low} to {high}; expected 0 to {top}.")
    return np.asarray(np.rint(values * (255 / top)), dtype=np.uint8)


def _grey(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(values[..., None], 3, axis=2)
