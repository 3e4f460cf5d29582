"""Head pose from 68 landmarks: scaled-orthographic fit of a generic rigid face.

Minimises the squared pixel distance between the landmarks that move least with expression and
`s * (R X)[:2] + t` over rotation R, scale s and shift t (6 unknowns), by Gauss-Newton from the affine least-squares
solution. No camera is assumed. Being a fit to an average face, it is biased by face shape; differences between frames
of one person are far more reliable than absolute angles.
"""

from collections.abc import Mapping

import numpy as np

from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.face_model68 import face_model_68
from evalkit.types import Features, Frames, Values

RIGID = (*range(27, 36), 36, 39, 42, 45)
"""Nose and eye corners."""
_ITERATIONS = 12


def fit_pose(points: Values) -> tuple[Values, Values, Values]:
    """Rotation (T, 3, 3), scale (T,) in pixels per centimetre and shift (T, 2) in pixels of landmarks (T, 68, 2).

    R turns the face model into camera axes (x right, y down, z forward); identity is a frontal upright face.
    """
    model, image = face_model_68()[list(RIGID)], points[:, list(RIGID)]
    model = model - model.mean(axis=0)
    rotation, scale, shift = _affine_start(model, image)
    for _ in range(_ITERATIONS):
        turned = np.einsum("tij,nj->tni", rotation, model)
        residual = image - (scale[:, None, None] * turned[..., :2] + shift[:, None])
        step = _gauss_newton_step(turned, scale, residual)
        rotation = _rotation_from_vector(step[:, :3]) @ rotation
        scale, shift = scale + step[:, 3], shift + step[:, 4:]
    return rotation, scale, shift - scale[:, None] * (rotation @ face_model_68()[list(RIGID)].mean(axis=0))[:, :2]


def angles(rotation: Values) -> Values:
    """Yaw, pitch, roll (T, 3) in radians of R = Rz(roll) Ry(yaw) Rx(pitch), camera axes.

    Positive yaw turns the nose to the left of the picture, positive pitch lowers it, positive roll leans the top of the
    head to the right of the picture (clockwise as seen).
    """
    yaw = -np.arcsin(np.clip(rotation[:, 2, 0], -1, 1))
    pitch = np.arctan2(rotation[:, 2, 1], rotation[:, 2, 2])
    roll = np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0])
    return np.stack([yaw, pitch, roll], axis=1)


def load() -> Extract:
    """Features: `angles` (T, 3) yaw, pitch, roll in radians; `rotation` (T, 3, 3), `scale` (T,), `shift` (T, 2)."""

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        points = upstream["dlib68"]["points"]
        found = np.isfinite(points).all(axis=(1, 2))
        features = {
            "angles": np.full((len(points), 3), np.nan),
            "rotation": np.full((len(points), 3, 3), np.nan),
            "scale": np.full(len(points), np.nan),
            "shift": np.full((len(points), 2), np.nan),
        }
        if found.any():
            rotation, scale, shift = fit_pose(points[found])
            features["angles"][found] = angles(rotation)
            features["rotation"][found], features["scale"][found], features["shift"][found] = rotation, scale, shift
        return features

    return extract


def _affine_start(model: Values, image: Values) -> tuple[Values, Values, Values]:
    shift = image.mean(axis=1)
    affine = np.swapaxes(np.linalg.pinv(model) @ (image - shift[:, None]), 1, 2)  # (T, 2, 3)
    left, singular, right = np.linalg.svd(affine, full_matrices=False)
    rows = left @ right
    rotation = np.concatenate([rows, np.cross(rows[:, 0], rows[:, 1])[:, None]], axis=1)
    return rotation, singular.mean(axis=1), shift


def _gauss_newton_step(turned: Values, scale: Values, residual: Values) -> Values:
    """(T, 6): rotation vector, scale, shift. The projection of w x p is (wy pz - wz py, wz px - wx pz)."""
    frames, count, _ = turned.shape
    jacobian = np.zeros((frames, count, 2, 6))
    x, y, z = np.moveaxis(turned * scale[:, None, None], -1, 0)
    jacobian[..., 0, 1], jacobian[..., 0, 2] = z, -y
    jacobian[..., 1, 0], jacobian[..., 1, 2] = -z, x
    jacobian[..., 3] = turned[..., :2]
    jacobian[..., 0, 4] = jacobian[..., 1, 5] = 1
    flat = jacobian.reshape(frames, count * 2, 6)
    normal = np.swapaxes(flat, 1, 2) @ flat + 1e-9 * np.eye(6)
    right = np.swapaxes(flat, 1, 2) @ residual.reshape(frames, count * 2, 1)
    return np.asarray(np.linalg.solve(normal, right)[..., 0], dtype=np.float64)


def _rotation_from_vector(vector: Values) -> Values:
    """Rodrigues' formula, (T, 3) -> (T, 3, 3)."""
    angle = np.linalg.norm(vector, axis=1)
    axis = vector / np.maximum(angle, 1e-12)[:, None]
    cross = np.zeros((len(vector), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    cross -= np.swapaxes(cross, 1, 2)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross))


EXTRACTOR = Extractor("landmark_pose", "pnp-ortho13-mpcanonical|v1", ("dlib68",), load)
