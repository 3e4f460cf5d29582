"""What optical flow says of a frame and the one before it: how much moves, what does not follow the motion, flicker.

Flow by dense inverse search (Kroeger et al., ECCV 2016; OpenCV's preset "fast") on grey frames, from each frame to the
one before it and back. A pixel is occluded where the two do not lead back to it, by the rule of Sundaram et al., ECCV
2010: |w + w'|^2 > 0.01 (|w|^2 + |w'|^2) + 0.5, or where it comes from outside the picture. No network is needed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.extractors.base import Extract, Extractor
from evalkit.types import Features, Frames, Values

BLOCK = 16
"""Side of the squares whose brightness is followed, in pixels: noise of single pixels averages out."""
STILL_PIXELS, STILL_SHARE = 0.1, 0.1
"""Blocks with less flow than this are still, in pixels; and so is always this share of them, those with the least."""


def load() -> Extract:
    """Features of T frames, each (T, 1) and of the step from the frame before; 0 for the first frame of a clip.

    `motion`: mean length of the flow in pixels. `warp`: mean squared difference between the frame and the one before,
    moved along the flow, over pixels that are not occluded and three channels of [0, 1], in thousandths. `flicker`:
    mean change of brightness of still blocks of 16 x 16 pixels, in grey levels.
    """
    import cv2

    search: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
        rows = np.zeros((len(frames), 3))
        for now in range(1, len(frames)):
            flow, back = search.calc(grey[now], grey[now - 1], None), search.calc(grey[now - 1], grey[now], None)
            rows[now] = (
                np.linalg.norm(flow, axis=2).mean(),
                warping_error(cv2, frames[now], frames[now - 1], flow, back),
                flicker(grey[now], grey[now - 1], flow),
            )
        return {"motion": rows[:, :1], "warp": rows[:, 1:2], "flicker": rows[:, 2:]}

    return extract


def warping_error(cv2: Any, now: Frames, before: Frames, flow: NDArray[Any], back: NDArray[Any]) -> float:
    """Mean squared difference of (H, W, 3) uint8 frames where the flow (H, W, 2) holds, in thousandths of [0, 1]^2.

    `flow` leads from pixels of `now` to where they were, `back` from there to now. 0 where everything is occluded.
    """
    height, width = flow.shape[:2]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    there = cv2.remap(back, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved = cv2.remap(before.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lengths = np.square(flow).sum(axis=2) + np.square(there).sum(axis=2)
    seen = np.square(flow + there).sum(axis=2) <= 0.01 * lengths + 0.5
    seen &= (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return 1000 * float(np.square((now - moved)[seen] / 255).mean()) if seen.any() else 0.0


def flicker(now: NDArray[Any], before: NDArray[Any], flow: NDArray[Any]) -> float:
    """Mean absolute change of the brightness of still blocks of grey frames (H, W), in grey levels."""
    lengths = _blocks(np.linalg.norm(flow, axis=2))
    still = lengths <= max(STILL_PIXELS, float(np.quantile(lengths, STILL_SHARE)))
    return float(np.abs(_blocks(now.astype(np.float64)) - _blocks(before.astype(np.float64)))[still].mean())


def _blocks(values: NDArray[Any]) -> Values:
    """Means of (H, W) over blocks; rows and columns beyond the last whole block are left out."""
    side = min(BLOCK, *values.shape)
    high, wide = (length // side for length in values.shape)
    return np.asarray(
        values[: high * side, : wide * side].reshape(high, side, wide, side).mean(axis=(1, 3)), np.float64
    )


EXTRACTOR = Extractor(
    "dis_flow", "dis-fast|occlusion 0.01 0.5|blocks 16 still 0.1px 10%|v1", (), load, lookback=1, modules=("cv2",)
)
