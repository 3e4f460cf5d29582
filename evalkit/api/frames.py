"""Frames of a program, whatever their layout and range, as (T, H, W, 3) uint8 RGB; a wrong statement is an error.

Nothing is guessed: the caller states layout and range, and the array must not contradict them.
"""

import sys
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from evalkit.clips.video import to_uint8
from evalkit.errors import ScoreError
from evalkit.types import Frames

Layout: TypeAlias = Literal["HWC", "CHW", "THWC", "TCHW", "CTHW", "BTHWC", "BTCHW", "BCTHW"]
"""One letter per axis: clips B, frames T, height H, width W, colours C (RGB)."""
Range: TypeAlias = Literal[255, 1] | tuple[Literal[-1], Literal[1]]
"""255: integers or floats from 0 to 255. 1: floats from 0 to 1. (-1, 1): floats between these."""

SMALLEST = 16
"""Side of the smallest picture: below it an axis was most likely taken for another one."""
_RANGES: dict[object, tuple[float, float]] = {255: (0.0, 255.0), 1: (0.0, 1.0), (-1, 1): (-1.0, 1.0)}
_TOLERANCE = 1e-3


def as_clips(name: str, array: object, layout: str, range: object) -> list[Frames]:
    """The clips in an array or tensor, each (T, H, W, 3) uint8 RGB; floats are rounded to the nearest of 256 levels.

    Raises `ScoreError`, which calls the array `name`, for an unknown layout or range and for an array that contradicts
    them: another number of axes, C without 3 entries, a side below `SMALLEST`, another kind of numbers, values outside
    of the range, or so far inside it that it must be another one.
    """
    if layout not in get_args(Layout):
        raise ScoreError(f"layout={layout!r}: expected one of {', '.join(get_args(Layout))}.")
    if isinstance(range, list):
        range = tuple(range)
    if isinstance(range, bool) or range not in _RANGES:
        raise ScoreError(f"range={range!r}: expected 255 (0 to 255), 1 (0 to 1) or (-1, 1).")
    frames = _levels(name, _in_order(name, _numbers(name, array), layout), range)
    return list(frames if layout.startswith("B") else frames[None])


def as_sources(name: str, array: object, layout: str, range: object) -> list[Frames]:
    """As `as_clips` of source images: T may be left out for one image (of each clip)."""
    shape = getattr(array, "shape", ())
    if layout in get_args(Layout) and "T" in layout and len(shape) == len(layout) - 1:
        array = _numbers(name, array)
        array = np.expand_dims(array, layout.index("T"))
    return as_clips(name, array, layout, range)


def _numbers(name: str, array: object) -> NDArray[Any]:
    torch: Any = sys.modules.get("torch")  # whoever has a tensor has loaded it
    if torch is not None and isinstance(array, torch.Tensor):
        tensor: Any = array.detach().cpu()
        return np.asarray((tensor.float() if tensor.is_floating_point() else tensor).numpy())
    if isinstance(array, np.ndarray):
        return array
    if hasattr(array, "__array__") and hasattr(array, "shape"):
        return np.asarray(array)
    raise ScoreError(f"{name}: expected an array or a tensor, got {type(array).__name__}. Stack frames first.")


def _in_order(name: str, array: NDArray[Any], layout: str) -> NDArray[Any]:
    """(B, T, H, W, 3), or without B, in the values of the array."""
    if array.ndim != len(layout):
        raise ScoreError(f"{name}: layout={layout!r} has {len(layout)} axes, the array {array.ndim}: {array.shape}.")
    sizes = dict(zip(layout, array.shape, strict=True))
    if sizes["C"] != 3:
        fitting = [
            other
            for other in get_args(Layout)
            if len(other) == array.ndim and _fits(dict(zip(other, array.shape, strict=True)))
        ]
        hint = f" Is it layout={' or '.join(map(repr, fitting))}?" if fitting else " Expected 3 colours, RGB."
        raise ScoreError(f"{name}: {array.shape} as {layout} has {sizes['C']} colours.{hint}")
    if not _fits(sizes):
        raise ScoreError(
            f"{name}: {array.shape} as {layout} are frames of {sizes['W']}x{sizes['H']} pixels. Expected at least "
            f"one frame of {SMALLEST}x{SMALLEST}; is it another layout?"
        )
    if "T" not in layout:
        array, layout = array[None], f"T{layout}"
    wanted = "BTHWC" if "B" in layout else "THWC"
    return np.transpose(array, [layout.index(axis) for axis in wanted])


def _fits(sizes: dict[str, int]) -> bool:
    return sizes["C"] == 3 and min(sizes["H"], sizes["W"]) >= SMALLEST and sizes.get("T", 1) * sizes.get("B", 1) > 0


def _levels(name: str, array: NDArray[Any], range: object) -> Frames:
    if array.dtype == np.bool_ or not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise ScoreError(f"{name}: expected whole numbers or floats, got {array.dtype}.")
    if not np.issubdtype(array.dtype, np.floating) and range != 255:
        raise ScoreError(f"{name}: {array.dtype} values cannot have range={range!r}. Whole numbers have range=255.")
    low, high = _RANGES[range]
    least, most = float(array.min()), float(array.max())
    slack = _TOLERANCE * (high - low)
    if not (low - slack <= least and most <= high + slack):  # NaN is in no range
        raise ScoreError(f"{name}: values from {least:.4g} to {most:.4g} are outside of range={range!r}.")
    if low < 0 and least >= 0:
        raise ScoreError(
            f"{name}: no value is below 0, so range=(-1, 1) cannot be right. If it is, give (x + 1) / 2 with range=1."
        )
    if low == 0 and 0 < most * 255 / high <= 1:
        raise ScoreError(
            f"{name}: the largest value is {most:.4g}, black in range={range!r}. Were the values divided by 255?"
        )
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    scaled = (array.astype(np.float64) - low) / (high - low)
    return to_uint8(np.clip(scaled, 0.0, 1.0))
