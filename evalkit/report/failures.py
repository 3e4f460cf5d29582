"""Everything that has no value of its own: clips that failed, and frames with another status than ok."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from evalkit.records.frame_scores import (
    CARRIED,
    NO_FACE_GENERATED,
    NO_FACE_REFERENCE,
    NOT_COUNTED,
    OK,
    WORST_CASE,
    FrameScores,
)
from evalkit.report.collect import Comparison

REASONS = {
    NO_FACE_GENERATED: "no face was found in the generated frame",
    NO_FACE_REFERENCE: "no face was found in the reference frame, so no method could have a value there",
    CARRIED: "no face was found; the last one found in the clip was used again, as the protocol says",
    WORST_CASE: "no face was found in the generated frame; it got the worst value, as the protocol says",
}


def failures(comparison: Comparison) -> list[dict[str, Any]]:
    """Rows of the failures page: failed clips first, then frames, method by method in the protocol's order.

    A row names `method` and `pair` by index, `status`, `reason`, and for frames the `metrics` and the `spans`
    [first, last] of generated frames.
    """
    failed, frames = [], []
    for method, outcomes in enumerate(comparison.outcomes):
        scores = comparison.frames[method]
        lacking = scores.not_ok()
        for index, pair in enumerate(comparison.pairs):
            if pair.id not in outcomes.made:
                outcome = outcomes.get(pair.id)
                reason = outcome.reason if outcome else "it was never made: the run was stopped or copied in part"
                failed.append({"method": method, "pair": index, "status": "failed", "reason": reason or ""})
            elif pair.id in lacking:
                found = [
                    (place, scores[pair.id, column.key])
                    for place, column in enumerate(comparison.paired)
                    if column.key in lacking[pair.id]
                ]
                frames += [{"method": method, "pair": index, **row} for row in _frame_rows(found)]
    return failed + frames


def spans(statuses: Sequence[str]) -> list[tuple[int, int, str]]:
    """Runs of frames that are not ok: (first frame, last frame, status)."""
    found, start = [], 0
    for status, group in groupby(statuses):
        length = sum(1 for _ in group)
        if status != OK:
            found.append((start, start + length - 1, status))
        start += length
    return found


def _frame_rows(scores: Sequence[tuple[int, FrameScores]]) -> list[dict[str, Any]]:
    """One row per status and set of frames, with the metrics (by place) that share it."""
    shared: dict[tuple[str, tuple[tuple[int, int], ...]], list[int]] = {}
    for place, found in scores:
        by_status: dict[str, list[tuple[int, int]]] = {}
        for first, last, status in spans(found.statuses):
            if status in NOT_COUNTED:  # nobody could have had a value there
                continue
            by_status.setdefault(status, []).append((first, last))
        for status, ranges in by_status.items():
            shared.setdefault((status, tuple(ranges)), []).append(place)
    return [
        {
            "status": status,
            "reason": REASONS.get(status, status),
            "metrics": metrics,
            "spans": [list(r) for r in ranges],
        }
        for (status, ranges), metrics in shared.items()
    ]
