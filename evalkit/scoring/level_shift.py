"""Frames that differ from the true ones by nearly the same few levels everywhere: the trace of two conversions to RGB.

A method's own errors sit where things move. Two conversions of one clip differ by a level or two in every place, which
costs up to 3 dB of PSNR and says nothing about the method.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Frames, Rgb

FEWEST_LEVELS = 0.6
"""FFmpeg's default is 0.8 to 1.5 levels off (docs/decisions/frames.md); YUV of 8 bits rounds flat colours by 0.5."""
MOST_LEVELS = 4.0
_NEAR = 0.75
_BLOCKS = 8
_GONE = 1 / 3


def level_shift(generated: Frames, driving: Frames) -> NDArray[np.float64] | None:
    """Levels of red, green and blue, (3,), by which `generated` is nearly everywhere above `driving`; None otherwise.

    Both are (T, H, W, 3) uint8. Means over 8 by 8 parts of each frame are compared: half of them, in each channel,
    lie within 0.75 levels of their median, and the largest median is between 0.6 and 4 levels.
    """
    if generated.shape != driving.shape:
        return None
    _, height, width, _ = generated.shape
    rows, columns = (np.linspace(0, side, min(side, _BLOCKS) + 1).astype(int)[:-1] for side in (height, width))
    gap = generated.astype(np.float64) - driving
    sums = np.add.reduceat(np.add.reduceat(gap, rows, axis=1), columns, axis=2)
    sizes = np.outer(np.diff(np.append(rows, height)), np.diff(np.append(columns, width)))
    blocks = (sums / sizes[None, :, :, None]).reshape(-1, 3)
    shift = np.median(blocks, axis=0)
    near = np.abs(blocks - shift) <= _NEAR
    if not FEWEST_LEVELS <= np.abs(shift).max() <= MOST_LEVELS or near.mean(axis=0).min() < 0.5:
        return None
    return np.asarray(shift)


def shift_note(clips: Callable[[Rgb], tuple[Frames, Frames]], rgb: Rgb) -> str | None:
    """A clause about a shift between generated and driving frames, with the likely cause; None without one.

    `clips` gives a few generated and the same driving frames, converted by the rule it is asked for; `rgb` is the one
    that is scored with.
    """
    shift = level_shift(*clips(rgb))
    if shift is None:
        return None
    other: Rgb = "swscale" if rgb == "accurate" else "accurate"
    where = "darker" if shift.mean() < 0 else "brighter"
    told = ", ".join(f"{value:+.1f}" for value in shift)
    note = f"nearly everywhere {where} than the driving frames, as two conversions to RGB are (levels of RGB: {told})"
    left = level_shift(*clips(other))
    gone = left is None or np.abs(left).max() <= _GONE * np.abs(shift).max()
    return f"{note}; with --rgb {other} that is gone" if gone else note
