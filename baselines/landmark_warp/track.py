"""The driving clip as landmarks and head pose: 68 points a frame, gaps filled, smoothed. The frames are not kept.

Frames smaller than 200 or larger than 512 pixels are resized by a whole factor for detection, and the landmarks
scaled back. dlib's landmarks are whole pixels and tremble; a centred filter (1, 2, 1) / 4 over time calms them
without delay.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from evalkit.extractors.landmark_pose import fit_pose
from evalkit.types import Features, Frames, Values

Locate = Callable[[Frames], Features]
"""Frames (T, H, W, 3) uint8 -> features with `points` (T, 68, 2), NaN where there is no face."""
_SMALLEST, _LARGEST = 200, 512


@dataclass(frozen=True)
class Track:
    """Landmarks `points` (T, 68, 2) in pixels and the pose that `fit_pose` finds: `rotation`, `scale`, `shift`."""

    points: Values
    rotation: Values
    scale: Values
    shift: Values

    def __len__(self) -> int:
        return len(self.points)


def locate_points(frames: Frames, locate: Locate) -> Values:
    """Landmarks (T, 68, 2) in pixels of square frames of any size; NaN where no face was found."""
    size = frames.shape[1]
    if size < _SMALLEST:
        factor = -(-_SMALLEST // size)
        larger = [ndimage.zoom(f, (factor, factor, 1), order=1, grid_mode=True, mode="nearest") for f in frames]
        return _scaled_back(locate(np.stack(larger))["points"], 1 / factor)
    factor = -(-size // _LARGEST)
    if factor == 1:
        return locate(frames)["points"]
    kept = size // factor * factor
    blocks = frames[:, :kept, :kept].reshape(len(frames), kept // factor, factor, kept // factor, factor, 3)
    return _scaled_back(locate(np.rint(blocks.mean(axis=(2, 4))).astype(np.uint8))["points"], factor)


def track_clip(chunks: Iterable[Frames], locate: Locate) -> tuple[int, Track | None]:
    """Number of leading frames without a face, and the track from the first face on (None: no face at all).

    A later frame without a face repeats the landmarks of the frame before it.
    """
    points = np.concatenate([locate_points(chunk, locate) for chunk in chunks])
    found = np.isfinite(points).all(axis=(1, 2))
    if not found.any():
        return len(points), None
    leading = int(np.argmax(found))
    last_found = np.maximum.accumulate(np.where(found, np.arange(len(points)), 0))
    return leading, pose_track(_smooth(points[last_found][leading:]))


def pose_track(points: Values) -> Track:
    """Landmarks (T, 68, 2) with their pose."""
    return Track(points, *fit_pose(points))


def _scaled_back(points: Values, factor: float) -> Values:
    """From the resized picture to the original one; pixel centres are whole numbers in both."""
    return (points + 0.5) * factor - 0.5


def _smooth(points: Values) -> Values:
    return np.asarray(ndimage.convolve1d(points, (0.25, 0.5, 0.25), axis=0, mode="nearest"))
