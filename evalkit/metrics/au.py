"""AU: mean absolute difference of one facial action at a time, from the MediaPipe blendshapes that stand for it.

Variants are numbers of the Facial Action Coding System (Ekman and Friesen, 1978). The correspondence with blendshapes
is the usual one for ARKit's names; scores are not FACS intensities. AU6, AU9 and AU34 are left out: MediaPipe's scores
for cheek raiser, nose wrinkler and cheek puff stay below 0.002 in all frames of six real clips that were looked at.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows
from evalkit.metrics.blendshapes import of_both_sides
from evalkit.types import Values

ACTIONS = (
    (1, "browInnerUp", "inner brow raiser"),
    (2, "browOuterUp", "outer brow raiser"),
    (4, "browDown", "brow lowerer"),
    (5, "eyeWide", "upper lid raiser"),
    (7, "eyeSquint", "lid tightener"),
    (10, "mouthUpperUp", "upper lip raiser"),
    (12, "mouthSmile", "lip corner puller"),
    (14, "mouthDimple", "dimpler"),
    (15, "mouthFrown", "lip corner depressor"),
    (16, "mouthLowerDown", "lower lip depressor"),
    (17, "mouthShrugLower", "chin raiser"),
    (18, "mouthPucker", "lip pucker"),
    (20, "mouthStretch", "lip stretcher"),
    (22, "mouthFunnel", "lip funneler"),
    (24, "mouthPress", "lip pressor"),
    (26, "jawOpen", "jaw drop"),
    (45, "eyeBlink", "blink"),
)
"""(number, blendshape, name) of each action."""


def au(generated: NDArray[Any], driving: NDArray[Any], name: str) -> Values:
    """(T,) absolute difference of the blendshape `name`, mean of both sides, of rows (T, 52); lower is better."""
    check_rows(generated, driving)
    return np.abs(of_both_sides(generated, name) - of_both_sides(driving, name))


METRICS = tuple(
    Metric(
        id="au",
        variant=str(number),
        title=f"AU{number}",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("mediapipe478", "blendshapes"),
        function=partial(au, name=name),
        settings=f"abs difference of {name}, mean of sides",
        paper="Ekman and Friesen, FACS, 1978 (actions); MediaPipe blendshapes",
        description=f"Mean absolute difference of AU{number}, the {words}, by the blendshape {name}, 0 to 1.",
        high=1.0,
        decimals=4,
    )
    for number, name, words in ACTIONS
)
