"""Blink agreement: are the eyes closed when those of the driving clip are?

Eyes are closed where MediaPipe's blink score is 0.2 above its median over the clip. The value is the F1 score of closed
frames: precision is the share of closed generated frames with a closed driving frame at most two frames away, recall
the share of closed driving frames with a closed generated one. 0 for eyes that never close. Source: ours.
"""

from typing import Any

import numpy as np
import scipy  # its parts are imported when they are used
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows, found
from evalkit.metrics.blendshapes import closed_eyes, of_both_sides
from evalkit.metrics.temporal import of_clip
from evalkit.types import WHOLE_CLIP, Values

TOLERANCE = 2
"""Frames that a blink may come early or late."""


def blink(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) F1 of closed frames of blendshapes (T, 52), the same at each frame, higher is better; NaN if none blinks.

    Frames where either face is missing do not count.
    """
    check_rows(generated, driving)
    ours, theirs = (closed_eyes(of_both_sides(rows, "eyeBlink")) for rows in (generated, driving))
    seen = found(generated) & found(driving)
    ours, theirs = ours & seen, theirs & seen
    if not (ours.any() or theirs.any()):
        return of_clip(np.nan, len(ours))
    hits = (ours & _widened(theirs)).sum(), (theirs & _widened(ours)).sum()
    shares = [hit / max(side.sum(), 1) for hit, side in zip(hits, (ours, theirs), strict=True)]
    return of_clip(2 * shares[0] * shares[1] / sum(shares) if sum(shares) else 0.0, len(ours))


def _widened(closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(scipy.ndimage.maximum_filter1d(closed, 2 * TOLERANCE + 1, mode="constant"))


METRICS = (
    Metric(
        id="blink",
        title="Blink F1",
        better="higher",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("mediapipe478", "blendshapes"),
        function=blink,
        settings="F1 of frames 0.2 above median, tolerance 2 frames, per clip",
        paper="ours",
        description="F1 score of the frames in which the eyes are closed, per clip, within two frames.",
        high=1.0,
        window=WHOLE_CLIP,
    ),
)
