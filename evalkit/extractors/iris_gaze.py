"""Direction of gaze relative to the head, from MediaPipe's iris points, eye corners and head rotation.

Each eyeball is a sphere in the head: its centre lies 3 mm behind the middle between the corners of the eye, which are
30 mm apart, and the centre of the iris 10 mm from it. Where the iris is seen, by a scaled orthographic camera and with
the head's rotation, gives the direction of each eye, and the mean of both is the gaze. The lengths are those of a usual
adult, so that absolute angles differ between people by some degrees; changes of one person do not.

Source: anthropometry (palpebral fissure 30 mm, Farkas, 1994; eyeball 24 mm); the depth of 3 mm is ours, chosen among 0
to 10 mm on six real clips for agreement with MediaPipe's own gaze blendshapes (docs/decisions/gaze.md).
"""

from collections.abc import Mapping

import numpy as np

from evalkit.extractors.base import Extract, Extractor
from evalkit.types import Features, Frames, Values

FISSURE, IRIS_RADIUS, DEPTH = 30.0, 10.0, 3.0
"""Millimetres: between the corners of an eye, from the eyeball's centre to the iris, from the corners to the centre."""
EYES = ((468, 33, 133), (473, 263, 362))
"""Centre of the iris and the two corners, of the right and the left eye, among 478 points."""
BLINK = (9, 10)
"""Of 52 blendshapes."""


def load() -> Extract:
    """Feature `gaze` (T, 4): a unit vector in the axes of the head, x to the right of the picture, y down, z away from
    the camera; and how far the eyes are closed, 0 to 1."""

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        found = upstream["mediapipe478"]
        closed = found["blendshapes"][:, list(BLINK)].mean(axis=1, keepdims=True)
        return {"gaze": np.concatenate([directions(found["points"], found["rotation"]), closed], axis=1)}

    return extract


def directions(points: Values, rotation: Values) -> Values:
    """(T, 3) unit vectors of landmarks (T, 478, 2) in pixels and rotations (T, 3, 3); NaN without a face."""
    eyes = []
    for iris, one, other in EYES:
        width = np.linalg.norm(points[:, one] - points[:, other], axis=1)
        scale = width / (FISSURE * np.linalg.norm(rotation[:, :2, 0], axis=1))
        middle = (points[:, one] + points[:, other]) / 2
        seen = ((points[:, iris] - middle) / scale[:, None] - DEPTH * rotation[:, :2, 2]) / IRIS_RADIUS
        depth = np.sqrt(np.clip(1 - np.square(seen).sum(axis=1, keepdims=True), 0.0, None))
        in_camera = np.concatenate([seen, -depth], axis=1)
        eyes.append(np.einsum("tji,tj->ti", rotation, in_camera))
    both = np.mean(eyes, axis=0)
    return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True))


EXTRACTOR = Extractor("iris_gaze", f"iris-sphere {FISSURE:g}-{IRIS_RADIUS:g}-{DEPTH:g}mm|v1", ("mediapipe478",), load)
