"""The driving clip as landmarks and head pose: 68 points a frame, gaps filled, smoothed. The frames are not kept.

dlib's landmarks are whole pixels and tremble; a centred filter (1, 2, 1) / 4 over time calms them
without delay.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from evalkit.extractors.any_size import Locate, locate_points
from evalkit.extractors.landmark_pose import fit_pose
from evalkit.types import Frames, Values


@dataclass(frozen=True)
class Track:
    """Landmarks `points` (T, 68, 2) in pixels and the pose that `fit_pose` finds: `rotation`, `scale`, `shift`."""

    points: Values
    rotation: Values
    scale: Values
    shift: Values

    def __len__(self) -> int:
        return len(self.points)


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


def _smooth(points: Values) -> Values:
    return np.asarray(ndimage.convolve1d(points, (0.25, 0.5, 0.25), axis=0, mode="nearest"))
