"""Faces in a frame: which is the largest, which boxes say the same face twice. Boxes are left, top, right, bottom."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalkit.extractors.base import Extract
from evalkit.types import Features, Frames


class Detections(NamedTuple):
    """Faces by falling score: boxes (N, 4) left, top, right, bottom, points (N, 5, 2), scores (N,); float32 pixels."""

    boxes: NDArray[np.float32]
    points: NDArray[np.float32]
    scores: NDArray[np.float32]


def largest_face(detect: Callable[[NDArray[np.uint8]], Detections]) -> Extract:
    """An extractor of the face with the largest box that `detect` finds in a frame (H, W, 3).

    Features: `box` (T, 4), `points` (T, 5, 2) x, y in pixels, `score` (T,), and `faces` (T,) count; NaN without a face.
    """

    def extract(frames: Frames, upstream: Mapping[str, Features]) -> Features:
        count = len(frames)
        features = {
            "box": np.full((count, 4), np.nan),
            "points": np.full((count, 5, 2), np.nan),
            "score": np.full(count, np.nan),
            "faces": np.zeros(count),
        }
        for i, frame in enumerate(frames):
            found = detect(frame)
            features["faces"][i] = len(found.scores)
            if len(found.scores):
                face = largest(found.boxes)
                features["box"][i], features["points"][i] = found.boxes[face], found.points[face]
                features["score"][i] = found.scores[face]
        return features

    return extract


def largest(boxes: NDArray[np.floating]) -> int:
    """Index of the largest of (N, 4) boxes, the leftmost one on a tie: the face taken when there are several."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return int(np.lexsort((boxes[:, 0], -areas))[0])


def suppress(
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
    overlap: float,
    *,
    border: int = 0,
    over: Literal["union", "smaller"] = "union",
) -> NDArray[np.intp]:
    """Non-maximum suppression: indices of the boxes to keep, by falling score (the earlier one on a tie).

    A box goes when it shares more than `overlap` of the union (or of the smaller box) with a better one. `border` is 1
    for boxes whose right and bottom pixels belong to them.
    """
    order = np.argsort(-scores, kind="stable")
    sizes = (boxes[:, 2:] - boxes[:, :2] + border).prod(axis=1)
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        sides = np.minimum(boxes[best, 2:], boxes[rest, 2:]) - np.maximum(boxes[best, :2], boxes[rest, :2])
        shared = np.maximum(sides + border, 0).prod(axis=1)
        whole = sizes[best] + sizes[rest] - shared if over == "union" else np.minimum(sizes[best], sizes[rest])
        order = rest[shared <= overlap * whole]
    return np.array(kept, dtype=np.intp)
