"""Distances of frames after the clips were aligned in time: what is late by a few frames is not wrong.

Soft-DTW (Cuturi and Blondel, ICML 2017) weighs all monotone paths through the table of distances between generated and
driving frames by exp(-sum / gamma). Here a path stays within `radius` frames of the diagonal. The value of a generated
frame is the mean of its distances to the driving frames that paths lead it to, by their weights. With a radius of 0
there is one path, the diagonal, and the value is the distance frame by frame. Temporally aligned evaluation of talking
heads (arXiv 2606.01031) takes soft-DTW of feature tracks in this way; its radius and gamma are not known to us.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics.base import Metric, MetricFunction
from evalkit.types import WHOLE_CLIP, Values

RADIUS = 5
"""Frames that a generated frame may be early or late."""


def in_time(metric: Metric, gamma: float) -> Metric:
    """The variant of a metric of frames that aligns the clips first; `gamma` is in the unit of the metric."""
    return replace(
        metric,
        variant=f"{metric.variant}-dtw",
        title=f"{metric.title} (aligned)",
        function=partial(aligned, function=metric.function, gamma=gamma),
        settings=f"{metric.settings}|soft-dtw radius {RADIUS} gamma {gamma:g}",
        paper=f"{metric.paper}; aligned by soft-DTW, Cuturi and Blondel, ICML 2017",
        description=f"As `{metric.key}` after alignment in time, within {RADIUS} frames.",
        window=WHOLE_CLIP,
    )


def aligned(
    generated: NDArray[Any], driving: NDArray[Any], function: MetricFunction, gamma: float, radius: int = RADIUS
) -> Values:
    """(T,) distances by `function`, of rows (T, ...) each, after alignment; NaN where either face is missing.

    `gamma`, in the unit of `function`, is how much longer a path has to be to count e times less.
    """
    there = np.isfinite(function(generated, driving))
    ours, theirs = generated[there], driving[there]
    frames = len(ours)
    costs = np.full((frames, 2 * radius + 1), np.inf)
    for column in range(2 * radius + 1):
        shift = column - radius
        rows = slice(max(-shift, 0), max(min(frames, frames - shift), 0))
        if rows.start < rows.stop:
            costs[rows, column] = function(ours[rows], theirs[rows.start + shift : rows.stop + shift])
    weights = alignment(costs, gamma)
    values = np.full(len(generated), np.nan)
    values[there] = (weights * np.where(np.isfinite(costs), costs, 0)).sum(axis=1) / weights.sum(axis=1)
    return values


def alignment(costs: Values, gamma: float) -> Values:
    """(T, 2 r + 1) the share of paths, by weight, through each cell of a band of costs around the diagonal.

    Column c of row i is the distance of frames i and i + c - r, infinite where there is no such frame.
    """
    frames, width = costs.shape
    # A border above, left and right, which no path enters, saves conditions.
    paths = np.full((frames + 1, width + 2), np.inf)
    bordered = np.full_like(paths, np.inf)
    bordered[1:, 1:-1] = costs
    paths[0, 1 + width // 2] = 0.0
    for row in range(1, frames + 1):
        for column in range(1, width + 1):
            before = (paths[row - 1, column], paths[row - 1, column + 1], paths[row, column - 1])
            paths[row, column] = bordered[row, column] + _softmin(before, gamma)
    shares = np.zeros((frames + 2, width + 2))
    shares[frames, 1 + width // 2] = 1.0
    for row in range(frames, 0, -1):
        for column in range(width, 0, -1):
            here = paths[row, column]
            if not np.isfinite(here):
                continue
            for after in ((row + 1, column), (row + 1, column - 1), (row, column + 1)):
                if shares[after]:
                    shares[row, column] += shares[after] * np.exp((paths[after] - here - bordered[after]) / gamma)
    return shares[1:-1, 1:-1]


def _softmin(values: tuple[float, ...], gamma: float) -> float:
    least = min(values)
    if not np.isfinite(least):
        return least
    return float(least - gamma * np.log(sum(np.exp((least - value) / gamma) for value in values)))
