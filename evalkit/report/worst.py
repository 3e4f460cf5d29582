"""The worst pairs of each metric, and the frame in which each is worst."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from evalkit.records.frame_scores import FrameScores
from evalkit.report.collect import Comparison
from evalkit.report.payload import plain
from evalkit.tables.cells import Column

Worst = list[list[list[list[Any]]]]
"""[metric of `Comparison.paired`][method] -> up to k of [pair's index, mean, worst frame or None, value there]."""


def worst(comparison: Comparison, k: int) -> Worst:
    """The `k` worst clips per metric and method, worst first; clips without a value are on the failures page."""
    return [
        [_of_method(comparison, column, index, k) for index in range(len(comparison.methods))]
        for column in comparison.paired
    ]


def worst_pairs(found: Worst) -> set[int]:
    """Indices of all pairs that are among the worst of some metric and method."""
    return {row[0] for metric in found for method in metric for row in method}


def _of_method(comparison: Comparison, column: Column, index: int, k: int) -> list[list[Any]]:
    means = comparison.clips[column.key].means[index]
    badness = -means if column.better == "higher" else means
    order = np.argsort(-badness, kind="stable")
    scored = order[np.isfinite(means[order])][:k].tolist()
    frames = comparison.frames[index]
    return [
        [place, plain(float(means[place])), *_frame(frames, comparison.pairs[place].id, column)] for place in scored
    ]


def _frame(frames: Mapping[tuple[str, str], FrameScores], pair: str, column: Column) -> tuple[int | None, float | None]:
    scores = frames.get((pair, column.key))
    if scores is None or not np.isfinite(scores.values).any():
        return None, None
    at = int(np.nanargmin(scores.values) if column.better == "higher" else np.nanargmax(scores.values))
    return at, plain(float(scores.values[at]))
