"""Motion: does the generated clip move as much as the driving clip?

The amount is the mean length of the optical flow between neighbouring frames. The value is 1 - smaller / larger of the
two amounts of a clip: 0 when they are equal, 1 for a clip that stands still, 0.5 for half the motion or twice as much.
It stands beside every number that a still clip would be good at. Source: the dynamic degree of VBench, Huang et al.,
CVPR 2024, which takes RAFT's flow and one clip; the comparison with the driving clip is after THEval, CVPR 2026.
"""

from typing import Any

from numpy.typing import NDArray

from evalkit.metrics.base import BOTH_TASKS, Metric, check_rows
from evalkit.metrics.temporal import amount_missed, of_clip
from evalkit.types import WHOLE_CLIP, Values


def motion(generated: NDArray[Any], driving: NDArray[Any]) -> Values:
    """(T,) 1 - smaller / larger amount of flow (T, 1) of two clips, the same at every frame; NaN if neither moves."""
    check_rows(generated, driving)
    # The first frame has no step, so that its flow is 0: sums are means of the others.
    return of_clip(amount_missed(float(generated[1:].sum()), float(driving[1:].sum())), len(generated))


METRICS = (
    Metric(
        id="motion",
        title="Motion",
        better="lower",
        reference="driving",
        tasks=BOTH_TASKS,
        input=("dis_flow", "motion"),
        function=motion,
        settings="1-min/max of mean flow, per clip",
        paper="Huang et al., VBench, CVPR 2024 (dynamic degree); the comparison is ours",
        description="How far the amount of motion is from the driving clip's: 0 the same, 1 a clip that stands still.",
        high=1.0,
        window=WHOLE_CLIP,
    ),
)
