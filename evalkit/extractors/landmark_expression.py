"""Expression as pose-normalised landmarks: brows, eyes and mouth turned to a frontal view.

With the pose (R, s, t) of `landmark_pose` and the depth of the generic face, each landmark is moved to where a frontal
camera would see it, and divided by the distance of the outer eye corners of the generic face. What is left is
expression plus the shape of the person: in cross-reenactment the second part does not vanish.
"""

from collections.abc import Mapping

import numpy as np

from evalkit.extractors.base import Extract, Extractor
from evalkit.extractors.face_model68 import face_model_68
from evalkit.types import Features, Frames, Values

EXPRESSIVE = (*range(17, 27), *range(36, 68))
"""Brows (10), eyes (12), mouth (20)."""
_OUTER_EYES = (36, 45)


def frontalise(points: Values, rotation: Values, scale: Values, shift: Values) -> Values:
    """Landmarks (T, 68, 2) in pixels -> (T, 42, 2) in outer-eye distances, as a frontal camera sees them."""
    model = face_model_68()
    chosen = list(EXPRESSIVE)
    seen = (points[:, chosen] - shift[:, None]) / scale[:, None, None]  # R[:2] X, centimetres
    by_depth = np.einsum("ti,n->tni", rotation[:, :2, 2], model[chosen, 2])
    frontal = np.einsum("tij,tnj->tni", np.linalg.inv(rotation[:, :2, :2]), seen - by_depth)
    unit = float(np.linalg.norm(model[_OUTER_EYES[0]] - model[_OUTER_EYES[1]]))
    return np.asarray(frontal / unit)


def load() -> Extract:
    """Features: `shape` (T, 42, 2), NaN where no pose was found."""

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        pose, points = upstream["landmark_pose"], upstream["dlib68"]["points"]
        found = np.isfinite(pose["scale"])
        shape = np.full((len(points), len(EXPRESSIVE), 2), np.nan)
        if found.any():
            shape[found] = frontalise(
                points[found], pose["rotation"][found], pose["scale"][found], pose["shift"][found]
            )
        return {"shape": shape}

    return extract


EXTRACTOR = Extractor("landmark_expression", "frontal42-mpcanonical|v1", ("dlib68", "landmark_pose"), load)
