"""Warping error: what does not follow the motion of the picture, against the same in the driving clip.

The frame before is moved along the optical flow of the clip itself and compared with the frame, without occluded pixels
(`extractors/dis_flow.py`). The value is how far that error is from the driving clip's at the same frame. Source: Lai et
al., Learning Blind Video Temporal Consistency, ECCV 2018, which takes the flow of the input video; between two people
there is no such flow, so each clip has its own here, and the difference keeps a still clip from winning.
"""

from evalkit.metrics.base import BOTH_TASKS, Metric
from evalkit.metrics.temporal import unlike_driving

METRICS = (
    Metric(
        id="warp",
        title="Warp",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("dis_flow", "warp"),
        function=unlike_driving,
        settings="abs difference to driving, per frame, thousandths of [0,1]^2",
        paper="Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018 (warping error)",
        description="How far the warping error, in thousandths, is from the driving clip's at the same frame.",
        differences="Lai et al. warp along the flow of the input video and report the error itself.",
        unit="1e-3",
        window=2,
        beside="motion",
    ),
)
