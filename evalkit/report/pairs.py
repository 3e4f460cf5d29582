"""One pair: which clips its page shows, and the data behind the page."""

from collections.abc import Set
from typing import Any

import numpy as np

from evalkit.errors import RunError
from evalkit.report.collect import Comparison
from evalkit.report.failures import spans
from evalkit.report.media import ClipFile
from evalkit.report.payload import plain_all
from evalkit.types import Pair, Selection, Values


def pair_list(comparison: Comparison, pages: Set[int]) -> list[dict[str, Any]]:
    """All pairs for the list page: id, identities, and the methods (by index) that failed on it.

    Those of `pages` have a slug, the name of their page.
    """
    made = [outcomes.made for outcomes in comparison.outcomes]
    by_all = frozenset.intersection(*made)
    return [
        {
            "id": pair.id,
            "slug": pair.slug if index in pages else None,
            "source": pair.source_identity,
            "driving": pair.driving_identity,
            "failed": [] if pair.id in by_all else [i for i, those in enumerate(made) if pair.id not in those],
        }
        for index, pair in enumerate(comparison.pairs)
    ]


def clip_means(comparison: Comparison, key: str) -> dict[str, Any]:
    """Clip means of one metric: `means` [method][pair], and `coverage` in the same order, None where it is complete."""
    matrix = comparison.clips[key]
    partial = np.where(matrix.coverage < 1, matrix.coverage, np.nan)
    return {"means": [_row(row) for row in matrix.means], "coverage": [_row(row) for row in partial]}


def clips_of(comparison: Comparison, index: int, found: Pair | None) -> tuple[ClipFile, ...]:
    """The clips of a pair that can be shown: source, driving and true one where they were found, and what was made."""
    name = comparison.pairs[index].id
    outcomes = [outcomes.get(name) for outcomes in comparison.outcomes]
    known = next((outcome for outcome in outcomes if outcome), None)
    clips = []
    if found and known:
        clips.append(ClipFile("source", found.source.path, known.source_sha256, found.source_frames))
        clips.append(ClipFile("driving", found.driving.path, known.driving_sha256))
        if found.truth:
            clips.append(ClipFile("truth", found.truth, known.truth_sha256))
    for place, (method, outcome) in enumerate(zip(comparison.methods, outcomes, strict=True)):
        if outcome and outcome.generated:
            path, digest = (method.folder.path / outcome.generated).resolve(), outcome.generated_sha256
            try:
                method.folder.clip(outcome)
            except RunError:
                digest = digest or "unknown"  # so that the page says why the clip is not shown
            clips.append(ClipFile(str(place), path, digest))
    return tuple(clips)


def frame_count(comparison: Comparison, index: int) -> int:
    """How many frames the clips of a pair have; 0 when no method made one."""
    name = comparison.pairs[index].id
    return max((outcomes[name].frames for outcomes in comparison.outcomes if name in outcomes), default=0)


def pair_data(comparison: Comparison, index: int) -> dict[str, Any]:
    """The numbers that the page of a pair shows.

    `values` and `gaps` are [metric][method]: one number per frame or None, and [first, last, status] where a frame has
    none of its own; null when a method has no frame scores.
    """
    pair = comparison.pairs[index]
    scores = [frames.get for frames in comparison.frames]
    values, gaps = [], []
    for column in comparison.paired:
        found = [get((pair.id, column.key)) for get in scores]
        values.append([None if score is None else _row(score.values) for score in found])
        gaps.append([None if score is None else spans(score.statuses) for score in found])
    return {
        "id": pair.id,
        "slug": pair.slug,
        "source": pair.source_identity,
        "driving": pair.driving_identity,
        "frames": frame_count(comparison, index),
        "reasons": [_reason(comparison, i, pair.id) for i in range(len(comparison.methods))],
        "means": [_row(comparison.clips[c.key].means[:, index]) for c in comparison.paired],
        "coverage": [_row(comparison.clips[c.key].coverage[:, index]) for c in comparison.paired],
        "values": values,
        "gaps": gaps,
    }


def driving_selection(comparison: Comparison) -> Selection:
    """Which driving frames the protocol takes, at its size."""
    protocol, rule = comparison.protocol, comparison.protocol.driving
    return Selection(rule.start, rule.stride, rule.maximum, rule.end_margin, protocol.resolution, protocol.rgb)


def _reason(comparison: Comparison, method: int, pair: str) -> str | None:
    outcome = comparison.outcomes[method].get(pair)
    if outcome is None:
        return "It was never made."
    return outcome.reason if outcome.status == "failed" else None


def _row(values: Values) -> list[float | None]:
    found: list[float | None] = [None] * len(values)
    there = np.flatnonzero(~np.isnan(values)).tolist()
    for place, value in zip(there, plain_all(values[there]), strict=True):
        found[place] = value
    return found
