"""Pose of the generated head from the poses of source and driver.

With pose (R, s, t) of the source (index s) and of driving frame k (first frame with a face: 0), the new pose is
- absolute: R = R_k;            relative: R = (R_k R_0^T) R_s;
- both:     s = s_s * s_k / s_0, t = t_s + (t_k - t_0) * s_s / s_0.
So position and scale start at the source's own and change as the driver's do. Turns of more than 25 degrees away from
the source's pose, large shifts and large changes of scale are limited softly: what the source does not show cannot be
warped into view.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from baselines.landmark_warp.track import Track
from evalkit.types import Motion, Values

_FREE_TURN, _MORE_TURN = np.radians(25), np.radians(22)
_FREE_GROWTH = _MORE_GROWTH = 0.15
_FREE_SHIFT = _MORE_SHIFT = 0.1


@dataclass(frozen=True)
class Pose:
    """Scaled-orthographic pose: `rotation` (3, 3), `scale` in pixels per centimetre, `shift` (2,) in pixels."""

    rotation: Values
    scale: float
    shift: Values

    def project(self, points: Values) -> Values:
        """(N, 3) centimetres in face axes -> (N, 2) pixels."""
        return np.asarray(self.scale * (points @ self.rotation.T)[:, :2] + self.shift)

    def upright(self, pixels: Values) -> Values:
        """(N, 2) pixels -> centimetres in the picture plane around the head's origin, roll undone."""
        return np.asarray((pixels - self.shift) / self.scale @ roll_of(self.rotation))

    def place(self, upright: Values) -> Values:
        """The inverse of `upright`."""
        return np.asarray(self.scale * (upright @ roll_of(self.rotation).T) + self.shift)


def pose_at(track: Track, index: int) -> Pose:
    """The pose of one frame."""
    return Pose(track.rotation[index], float(track.scale[index]), track.shift[index])


def roll_of(rotation: Values) -> Values:
    """(3, 3) -> the plane rotation (2, 2) nearest to its upper left block."""
    angle = np.arctan2(rotation[1, 0] - rotation[0, 1], rotation[0, 0] + rotation[1, 1])
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def turn_between(a: Values, b: Values) -> float:
    """Angle in radians between two rotations (3, 3)."""
    return float(Rotation.from_matrix(a @ b.T).magnitude())


def move_pose(own: Pose, first: Pose, driving: Pose, motion: Motion, size: int) -> Pose:
    """`own` pose of the source, moved as the module's docstring says, in a picture of `size` pixels."""
    origin = own if motion == "absolute" else first
    turn = Rotation.from_matrix(driving.rotation @ origin.rotation.T).as_rotvec()
    turn = _shorten(turn, _FREE_TURN, _MORE_TURN)
    shift = (driving.shift - first.shift) * own.scale / first.scale
    shift = _shorten(shift, _FREE_SHIFT * size, _MORE_SHIFT * size)
    growth = _shorten(np.log([driving.scale / first.scale]), _FREE_GROWTH, _MORE_GROWTH)
    return Pose(
        Rotation.from_rotvec(turn).as_matrix() @ own.rotation, own.scale * float(np.exp(growth[0])), own.shift + shift
    )


def _shorten(vector: Values, free: float, more: float) -> Values:
    """The same vector up to length `free`, then bending towards `free + more`."""
    length = float(np.linalg.norm(vector))
    if length <= free:
        return vector
    return np.asarray(vector * ((free + more * np.tanh((length - free) / more)) / length))
