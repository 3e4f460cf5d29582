"""Expression of a driver put on the face of the source, in face axes (generic-face centimetres, seen from the front).

`face_axes` turns landmarks to the front with the pose and the depth of the generic face. Transferred are
- lids: the eye opening (lid gap / eye width) as a fraction of the driver's open eye, applied to the source's open eye;
- mouth: displacement of the 20 points from the driver's neutral, times the ratio of mouth widths; the inner lip gap,
  whose zero is the same for everybody, is not measured from the neutral but taken as it is in absolute mode;
- brows: displacement from the driver's neutral, mostly that of the whole brow;
- jaw: follows the lower lip.
Absolute mode: the driver's neutral is the median of the clip, the open eye its 80th percentile (a driver who smiles
throughout is taken for neutral). Relative mode: both are the first driving frame with a face. The source's own
expression is what they are added to; only a wide open mouth gives way to the generic face's in absolute mode.
"""

from dataclasses import dataclass

import numpy as np

from baselines.landmark_warp.track import Track
from evalkit.extractors.face_model68 import face_model_68
from evalkit.types import Motion, Values

LEFT_EYE, RIGHT_EYE = list(range(36, 42)), list(range(42, 48))
BROWS = (slice(17, 22), slice(22, 27))
MOUTH = slice(48, 68)
INNER_UPPER, INNER_LOWER = (61, 62, 63), (67, 66, 65)
_LOWER_LIP = {55: 0.5, 56: 0.9, 57: 1.0, 58: 0.9, 59: 0.5, 65: 0.9, 66: 1.0, 67: 0.9}
_JAW = {4: 0.2, 5: 0.4, 6: 0.65, 7: 0.8, 8: 0.85, 9: 0.8, 10: 0.65, 11: 0.4, 12: 0.2}
_LEFT_CONTOUR, _RIGHT_CONTOUR = np.arange(8), np.arange(16, 8, -1)
_ROUNDNESS = np.array([1, 1, 1, 1, 0.9, 0.75, 0.5, 0.2])
_CHEEK_RADIUS = 7.0
_LARGEST_CHANGE = 3.0
"""Centimetres; no expression moves a landmark further, bad landmarks do."""
_PROFILE = 0.3
"""Cosine of the turn from which on a face shows nothing of its width (or height) any more."""
_OPEN_EYE = 0.2
"""Smallest lid gap / eye width that is taken for an open eye."""
_SHUT = 0.5
"""dlib's lid gap of a closed eye is about half of that of the open eye."""


@dataclass(frozen=True)
class DriverNeutral:
    """What the driver's expression is measured from: `shape` (68, 2) in face axes, opening of both eyes `eyes` (2,)."""

    shape: Values
    eyes: Values


def face_depth(rotation: Values) -> Values:
    """Depth (T, 68) in face axes, centimetres: the generic face's, but the cheek's for the contour's far side.

    On a round head turned by an angle a, the outline on the far side lies `radius * sin(a)` in front of that seen
    from the front.
    """
    depth = np.repeat(face_model_68()[None, :, 2], len(rotation), axis=0)
    sine = -rotation[:, 2, 0]
    for far, contour in ((sine, _LEFT_CONTOUR), (-sine, _RIGHT_CONTOUR)):
        depth[:, contour] -= _CHEEK_RADIUS * np.maximum(far, 0)[:, None] * _ROUNDNESS
    return depth


def face_axes(track: Track) -> Values:
    """Landmarks (T, 68, 2) in centimetres, x right, y down, as a frontal camera would see them."""
    seen = (track.points - track.shift[:, None]) / track.scale[:, None, None]
    by_depth = np.einsum("ti,tn->tni", track.rotation[:, :2, 2], face_depth(track.rotation))
    unturn = np.linalg.pinv(track.rotation[:, :2, :2], rcond=_PROFILE)
    return np.asarray(np.einsum("tij,tnj->tni", unturn, seen - by_depth))


def measure_neutral(shapes: Values, motion: Motion) -> DriverNeutral:
    """Neutral of a driver with `shapes` (T, 68, 2): over the clip (absolute) or its first frame (relative)."""
    if motion == "relative":
        return DriverNeutral(shapes[0], eye_opening(shapes[:1])[0])
    return DriverNeutral(np.median(shapes, axis=0), np.percentile(eye_opening(shapes), 80, axis=0))


def eye_opening(shapes: Values) -> Values:
    """(T, 68, 2) -> lid gap / eye width of both eyes, (T, 2)."""
    return np.stack([_lid_gap(shapes, eye) / _width(shapes, eye) for eye in (LEFT_EYE, RIGHT_EYE)], axis=1)


def transfer_expression(
    source: Values, driving: Values, neutral: DriverNeutral, motion: Motion
) -> tuple[Values, Values]:
    """The source's face (68, 2) with the expression of the driver's `driving` (68, 2), all in face axes.

    Eyes are never closed in it; how far they are to be closed comes second, (2,), 1 (as they are) to 0 (shut).
    """
    moved = source.copy()
    change = np.clip(driving - neutral.shape, -_LARGEST_CHANGE, _LARGEST_CHANGE)
    if motion == "absolute":
        moved[MOUTH] = _starting_mouth(source)
    _move_mouth(moved, source, change, neutral.shape, motion)
    for brow in BROWS:
        moved[brow] += 0.7 * change[brow].mean(axis=0) + 0.3 * change[brow]
    opened = _lid_factor(source, driving, neutral, motion)
    for eye, factor in zip((LEFT_EYE, RIGHT_EYE), opened, strict=True):
        middle = moved[eye].mean(axis=0)
        moved[eye, 1] = middle[1] + max(1.0, factor) * (moved[eye, 1] - middle[1])
    return moved, np.minimum(opened, 1.0)


def _move_mouth(moved: Values, source: Values, change: Values, neutral: Values, motion: Motion) -> None:
    size = float(np.clip(_mouth_width(moved) / _mouth_width(neutral), 0.75, 1.33))
    extra = size * _lip_gap(neutral) - _lip_gap(moved) if motion == "absolute" else 0.0
    moved[MOUTH] += size * change[MOUTH]
    for point, share in _LOWER_LIP.items():
        moved[point, 1] += share * extra
    _separate_lips(moved)
    drop = float(np.mean(moved[56:59, 1] - source[56:59, 1]))
    aside = float(np.mean(moved[56:59, 0] - source[56:59, 0]))
    for point, share in _JAW.items():
        moved[point] += share * np.array([0.5 * aside, drop])


def _starting_mouth(source: Values) -> Values:
    """Mouth (20, 2) to start from: the source's own, or the generic face's if the source's is wide open."""
    own, generic = source[MOUTH], face_model_68()[MOUTH, :2]
    nose = source[33] - face_model_68()[33, :2]
    unknown = float(np.clip((_lip_gap(source) / _mouth_width(source) - 0.1) / 0.3, 0, 1))
    return np.asarray(own + unknown * (generic + nose - own))


def _separate_lips(moved: Values) -> None:
    """Where the inner lips would cross they meet half way."""
    for upper, lower in zip(INNER_UPPER, INNER_LOWER, strict=True):
        crossing = max(0.0, moved[upper, 1] - moved[lower, 1])
        moved[upper, 1] -= crossing / 2
        moved[lower, 1] += crossing / 2


def _lid_factor(source: Values, driving: Values, neutral: DriverNeutral, motion: Motion) -> Values:
    """New lid gap / the source's lid gap, both eyes (2,)."""
    opened = _opened(eye_opening(driving[None])[0], neutral.eyes, motion)
    own = eye_opening(source[None])[0]
    return np.asarray(opened * np.maximum(own, _OPEN_EYE) / own if motion == "absolute" else opened)


def _opened(opening: Values, neutral: Values, motion: Motion) -> Values:
    """Opening of both eyes as a fraction of the neutral one, 0.05 (shut) to 1.3; a wink is halved (dlib's noise)."""
    fraction = opening / (np.maximum(neutral, _OPEN_EYE) if motion == "absolute" else np.maximum(neutral, 0.1))
    fraction = 0.5 * fraction + 0.5 * fraction.mean()
    return np.asarray(np.clip((fraction - _SHUT) / (1 - _SHUT), 0.05, 1.3))


def _lid_gap(shapes: Values, eye: list[int]) -> Values:
    pairs = ((eye[1], eye[5]), (eye[2], eye[4]))
    return np.asarray(np.mean([np.linalg.norm(shapes[:, a] - shapes[:, b], axis=1) for a, b in pairs], axis=0))


def _width(shapes: Values, eye: list[int]) -> Values:
    return np.asarray(np.linalg.norm(shapes[:, eye[0]] - shapes[:, eye[3]], axis=1))


def _mouth_width(shape: Values) -> float:
    return float(np.linalg.norm(shape[48] - shape[54]))


def _lip_gap(shape: Values) -> float:
    return float(np.mean(shape[list(INNER_LOWER), 1] - shape[list(INNER_UPPER), 1]))
