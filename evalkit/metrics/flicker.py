"""Flicker: changes of brightness where nothing moves, against those of the driving clip.

The brightness of blocks of 16 x 16 pixels that the optical flow calls still is followed from frame to frame
(`extractors/dis_flow.py`). The value is how far its mean change is from that of the driving clip at the same frame, in
grey levels: a clip that stands still does not win. Source: temporal flickering of VBench, Huang et al., CVPR 2024, the
mean difference of neighbouring frames of still clips; blocks, stillness by flow and the driving clip are ours.
"""

from evalkit.metrics.base import BOTH_TASKS, Metric
from evalkit.metrics.temporal import unlike_driving

METRICS = (
    Metric(
        id="flicker",
        title="Flicker",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("dis_flow", "flicker"),
        function=unlike_driving,
        settings="abs difference to driving, per frame",
        paper="Huang et al., VBench, CVPR 2024 (temporal flickering); blocks and the comparison are ours",
        description="How far changes of brightness of what is still are from the driving clip's, in grey levels.",
        unit="levels",
        window=2,
        beside="motion",
    ),
)
