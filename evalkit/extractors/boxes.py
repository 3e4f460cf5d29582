"""Face boxes (N, 4) left, top, right, bottom: which is the largest, which say the same face twice."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray


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
