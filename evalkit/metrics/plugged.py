"""Metrics from outside: checked, marked with the hash of their code, and guarded while they run."""

import functools
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.base.plugins import Offer, Plugin, guarded
from evalkit.errors import PluginError, ScoreError
from evalkit.metrics.base import Metric, MetricFunction, PerFrame, PerSet, Statistics
from evalkit.metrics.facts import complaints
from evalkit.types import Values


def adopt(offer: Offer) -> tuple[str, Metric]:
    """Key and metric of what a plugin offers. Raises `PluginError` if it is not a metric."""
    metric = offer.value
    if not isinstance(metric, Metric):
        raise PluginError(f"expected a Metric (evalkit.metrics.base), got {type(metric).__name__}.")
    if wrong := complaints(metric):
        raise PluginError(f"metric {metric.key!r}: {'; '.join(wrong)}.")
    key, plugin = metric.key, offer.plugin
    return key, replace(
        metric,
        plugin=plugin,
        function=_watched(metric.function, key, plugin, metric.by_frame),
        level=_watched_level(metric.level, key, plugin),
    )


def _watched(function: MetricFunction, key: str, plugin: Plugin, by_frame: bool) -> MetricFunction:
    """`function`, whose errors fail the pair and are reported as those of the plugin."""
    safe = guarded(function, f"The metric {key}", plugin, ScoreError)

    @functools.wraps(function)
    def call(generated: NDArray[Any], reference: NDArray[Any]) -> Values:
        values = safe(generated, reference)
        return _checked(values, len(generated) if by_frame else 1, key, plugin)

    return call


def _watched_level(level: PerFrame | PerSet, key: str, plugin: Plugin) -> PerFrame | PerSet:
    if isinstance(level, PerFrame):
        return level
    return replace(
        level,
        statistics=level.statistics and _watched_statistics(level.statistics, key, plugin),
        rows=level.rows and guarded(level.rows, f"The metric {key}", plugin, ScoreError),
    )


def _watched_statistics(statistics: Statistics, key: str, plugin: Plugin) -> Statistics:
    what = f"The metric {key}"
    compare = guarded(statistics.compare, what, plugin, ScoreError)
    return Statistics(
        gather=guarded(statistics.gather, what, plugin, ScoreError),
        compare=lambda one, other: _checked(compare(one, other), 1, key, plugin),
    )


def _checked(values: object, count: int, key: str, plugin: Plugin) -> Values:
    if not isinstance(values, np.ndarray) or values.shape != (count,) or values.dtype.kind not in "fiub":
        got = f"{values.shape} {values.dtype}" if isinstance(values, np.ndarray) else type(values).__name__
        raise ScoreError(f"The metric {key} of the plugin {plugin} returned {got}; expected ({count},) numbers.")
    return values.astype(np.float64, copy=False)
