"""How frames without a face are scored: the policy that the protocol declares.

`exclude_and_report`: no value, out of the mean, seen in coverage. `carry_previous`: the last features found in the
same clip are used again, as PIRenderer's script does; frames before the first face stay without a value. `worst_case`:
a frame where the generated face is missing gets the worst value the metric can have. Coverage always counts faces that
were really found.
"""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics import Metric
from evalkit.metrics.base import found
from evalkit.records.frame_scores import CARRIED, NO_FACE_GENERATED, NO_FACE_REFERENCE, OK, UNDEFINED, WORST_CASE
from evalkit.types import Values

NoFace: TypeAlias = Literal["exclude_and_report", "carry_previous", "worst_case"]


def score_frames(
    metric: Metric, policy: NoFace, generated: NDArray[Any], reference: NDArray[Any]
) -> tuple[Values, tuple[str, ...]]:
    """Values (T,) of a metric on features, and a status for each.

    `generated` has T rows, `reference` T rows against the driving clip or one per source. A value that does not exist
    is blamed on the reference first: no method could have had it. With faces everywhere in the window of the metric
    a missing value is undefined, and so is that of a frame too early for the window.
    """
    ours = _throughout(found(generated), metric.window)
    if metric.reference == "driving":
        theirs = _throughout(found(reference), metric.window)
    else:
        theirs = np.full(len(ours), bool(found(reference).any()))
    if policy == "carry_previous" and not metric.missing_is_value:
        generated = _carried(generated)
        reference = _carried(reference) if metric.reference == "driving" else reference
    values = np.array(metric.function(generated, reference), np.float64)
    if metric.window != 1:
        values[: max(metric.window - 1, 0)] = np.nan
        values[~(_throughout(found(generated) & found(reference), metric.window))] = np.nan
    statuses = np.where(theirs, NO_FACE_GENERATED, NO_FACE_REFERENCE).astype(object)
    if not metric.missing_is_value:
        statuses[ours & theirs] = UNDEFINED
    if policy == "worst_case" and not metric.missing_is_value:
        punished = theirs & ~ours
        values, statuses[punished] = np.where(punished, _worst(metric), values), WORST_CASE
    elif policy == "carry_previous":
        statuses[np.isfinite(values)] = CARRIED
    real = np.isfinite(values) & (np.ones_like(ours) if metric.missing_is_value else ours & theirs)
    statuses[real] = OK
    return values, tuple(str(status) for status in statuses)


def has_worst(metric: Metric) -> bool:
    """Whether a metric has a worst value that a missing face can be given."""
    return metric.input is None or not metric.by_frame or metric.missing_is_value or bool(np.isfinite(_worst(metric)))


def _worst(metric: Metric) -> float:
    return metric.low if metric.better == "higher" else metric.high


def _throughout(there: NDArray[np.bool_], window: int) -> NDArray[np.bool_]:
    """(T,) whether `there` holds for a frame and for those before it that a value of `window` frames is of."""
    held = there.copy()
    for back in range(1, min(window, len(there))):
        held[back:] &= there[:-back]
    return held


def _carried(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows with every missing one replaced by the last one found before it."""
    last = np.maximum.accumulate(np.where(found(rows), np.arange(len(rows)), -1))
    carried = rows[np.maximum(last, 0)].copy()
    carried[last < 0] = np.nan
    return carried
