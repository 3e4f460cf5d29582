"""Where the control points of the source go for each driving frame.

The face shape is always the source's: its landmarks in face axes, with the depth of the generic face, get the driver's
expression (`expression.py`) and are projected with the new pose (`pose.py`). Points around the face follow the head or
stay (`head.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.landmark_warp.expression import face_axes, face_depth, measure_neutral, transfer_expression
from baselines.landmark_warp.head import FOREHEAD, OUTLINE, OUTLINE_TURN, border_points, follow_head, still_ring
from baselines.landmark_warp.pose import Pose, move_pose, pose_at, roll_of
from baselines.landmark_warp.track import Track
from evalkit.types import Motion, Values

_CONTOURS = (
    (-1.0, list(range(7)), [17, 36, 36, 31, 48, 48, 59]),
    (1.0, list(range(16, 9, -1)), [26, 45, 45, 35, 54, 54, 55]),
)
"""Side, landmarks of the face's contour, and for each the landmark inside the face that it must not pass."""
_LEAST_GAP = 0.3
_TEMPLES, _TEMPLE_GAP = [0, 1, 15, 16], 1.3


@dataclass(frozen=True)
class Moved:
    """Control points (N, 2) in pixels in the order of `place_source`, eyes open; how far the eyes stay open (2,)."""

    points: Values
    eyes: Values


def place_source(source: Track, size: int) -> Values:
    """Control points (N, 2) in pixels of the unmoved source: 68 landmarks, the head around them, far points."""
    pose = pose_at(source, 0)
    around = pose.project(np.concatenate([FOREHEAD, OUTLINE]))
    return np.concatenate([source.points[0], around, _far_points(pose, size)])


def usable(source: Track, size: int) -> NDArray[np.bool_]:
    """Which control points (N,) to warp with: a temple seen so edge-on that it touches eye or brow would drag these."""
    points = source.points[0]
    distance = np.linalg.norm(points[_TEMPLES, None] - points[None, 17:48], axis=2).min(axis=1)
    kept = np.ones(len(place_source(source, size)), dtype=bool)
    kept[_TEMPLES] = distance > _TEMPLE_GAP * source.scale[0]
    return kept


def iter_moved(source: Track, driving: Track, motion: Motion, size: int) -> Iterator[Moved]:
    """The moved control points of every driving frame."""
    own, first = pose_at(source, 0), pose_at(driving, 0)
    shape, shapes = face_axes(source)[0], face_axes(driving)
    depth = face_depth(source.rotation)[0]
    neutral = measure_neutral(shapes, motion)
    for index in range(len(driving)):
        pose = move_pose(own, first, pose_at(driving, index), motion, size)
        moved, opened = transfer_expression(shape, shapes[index], neutral, motion)
        landmarks = pose.project(np.column_stack([moved, depth]))
        landmarks = _keep_contour_outside(landmarks, source.points[0], own, pose)
        yield Moved(np.concatenate([landmarks, _move_around(own, pose, size)]), opened)


def _keep_contour_outside(landmarks: Values, before: Values, own: Pose, pose: Pose) -> Values:
    """When the head turns far, eyes and mouth would pass the contour; it keeps a part of the source's distance."""
    upright, upright_before = pose.upright(landmarks), own.upright(before)
    for side, contour, inside in _CONTOURS:
        gap = side * (upright_before[contour, 0] - upright_before[inside, 0])
        least = side * upright[inside, 0] + np.minimum(gap, _LEAST_GAP * gap)
        upright[contour, 0] = side * np.maximum(side * upright[contour, 0], least)
    return pose.place(upright)


def _move_around(own: Pose, pose: Pose, size: int) -> Values:
    def flat(points: Values) -> Values:
        turn = roll_of(pose.rotation @ own.rotation.T)
        return pose.scale / own.scale * (points - own.shift) @ turn.T + pose.shift

    far = _far_points(own, size)
    follow = follow_head(own.upright(far))[:, None]
    outline = (1 - OUTLINE_TURN) * flat(own.project(OUTLINE)) + OUTLINE_TURN * pose.project(OUTLINE)
    return np.concatenate([pose.project(FOREHEAD), outline, far + follow * (flat(far) - far)])


def _far_points(own: Pose, size: int) -> Values:
    return np.concatenate([own.place(still_ring()), border_points(size)])
