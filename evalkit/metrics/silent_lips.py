"""Silent lips: do the lips stay at rest while those of the driving clip do?

The driving lips are at rest where its mouth is shut in the frame, the three before and the three after. Over those
frames of a clip, the amount of a frame is how far the opening of the mouth is from its median. The value is how far
that is from the driving clip's. Source: silent lip stability of THEval, Quignon et al., CVPR 2026, which finds silence
in the sound and takes the median absolute deviation of the opening; here the driving mouth says it, without sound.
"""

from typing import Any

import numpy as np
import scipy  # its parts are imported when they are used
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows, found
from evalkit.metrics.mesh478 import mouth_opening
from evalkit.types import WHOLE_CLIP, Values

SHUT, AROUND = 0.03, 3
"""Opening below which a mouth is shut, in distances of the outer corners of the eyes; frames before and after."""


def silent_lips(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) absolute difference of deviations of the opening of landmarks (T, 478, 2); NaN where the driver speaks."""
    check_rows(generated, driving)
    ours, theirs = mouth_opening(generated), mouth_opening(driving)
    silent = scipy.ndimage.minimum_filter1d(theirs < SHUT, 2 * AROUND + 1, mode="nearest") & found(generated)
    if not silent.any():
        return np.full(len(silent), np.nan)
    apart = [np.abs(opening - np.median(opening[silent])) for opening in (ours, theirs)]
    return np.where(silent, np.abs(apart[0] - apart[1]), np.nan)


METRICS = (
    Metric(
        id="silent_lips",
        title="Silent lips",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("mediapipe478", "points"),
        function=silent_lips,
        settings="abs difference to driving of abs deviation from median opening, shut 0.03 for 7 frames",
        paper="Quignon et al., THEval, CVPR 2026 (silent lip stability)",
        description="How much more or less the lips move than the driving clip's while those are at rest.",
        differences="THEval finds silence in the sound, and takes one median absolute deviation of a clip.",
        decimals=4,
        window=WHOLE_CLIP,
        beside="dynamics[lips]",
    ),
)
