"""Figures of finished runs: metric per frame, identity against motion and speed, radar.

Runs that are not complete are refused where numbers are compared, and numbers with low coverage are left out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from matplotlib.figure import Figure

from evalkit.errors import RunError, UnknownNameError
from evalkit.figures.frames import frames_figure
from evalkit.figures.front import Axis, Point
from evalkit.figures.pareto import pareto_figure
from evalkit.figures.radar import Spoke, radar_figure
from evalkit.metrics import METRICS
from evalkit.records.frame_scores import read_frames
from evalkit.records.run import MetricSummary
from evalkit.records.run_folder import RunFolder
from evalkit.tables.options import TableOptions
from evalkit.tables.results import Measured, read_measured, refuse_unlike
from evalkit.tables.rows import chosen, known_names
from evalkit.types import Values

NO_NAMES: Mapping[str, str] = MappingProxyType({})
"""Every method under its own title."""
_IDENTITY, _MOTION = ("csim",), ("aed", "apd", "akd", "e_rmse", "p_rmse")


def frames_of(
    runs: Sequence[Path],
    metric: str,
    pair: str | None = None,
    rename: Mapping[str, str] = NO_NAMES,
    fps: float | None = None,
) -> Figure:
    """A metric per frame of one pair, or without one the mean over all pairs that have a value at that frame.

    With `fps`, how many of the driving frames that were taken make a second, the axis is in seconds.

    Raises `RunError` for runs that cannot share a table or have no frame scores, `UnknownNameError` for a metric or
    pair that a run does not have.
    """
    results = _read(runs, rename)
    key = _find_key(metric, results)
    curves = {result.title: frame_values(path, key, pair) for path, result in zip(runs, results, strict=True)}
    facts = results[0].summary.metrics[key]
    about = pair or f"mean over the pairs, {results[0].heading}"
    return frames_figure(curves, _label(key, facts), facts.better, about, fps)


def frame_values(run: Path, key: str, pair: str | None = None) -> Values:
    """(T,) values of a metric in a run, NaN where a frame has none. Raises as `frames_of` does."""
    scores = {score.pair: score.values for score in read_frames(RunFolder(run).frames) if score.metric == key}
    if not scores:
        raise RunError(f"{run} has no value per frame of {key}; metrics over whole sets have none.")
    if pair is not None:
        if pair not in scores:
            raise UnknownNameError(f"pair in {run}", pair, scores)
        return scores[pair]
    longest = max(len(values) for values in scores.values())
    rows = np.stack([np.pad(values, (0, longest - len(values)), constant_values=np.nan) for values in scores.values()])
    there = np.isfinite(rows)
    counts = there.sum(axis=0)
    return np.where(counts > 0, np.where(there, rows, 0).sum(axis=0) / np.maximum(counts, 1), np.nan)


def tradeoff_of(
    runs: Sequence[Path],
    identity: str | None = None,
    motion: str | None = None,
    rename: Mapping[str, str] = NO_NAMES,
) -> Figure:
    """The Pareto figure of runs of one protocol.

    Raises as `tradeoff_figure` does, and `RunError` for runs that cannot share a table or are not complete.
    """
    results = _read_complete(runs, rename)
    return tradeoff_figure(results, _shared(results), identity, motion)


def tradeoff_figure(
    results: Sequence[Measured], keys: Sequence[str], identity: str | None = None, motion: str | None = None
) -> Figure:
    """Identity (default: the first CSIM) against motion (the first of AED, APD, AKD, E-RMSE, P-RMSE) and speed.

    `keys` are the metrics to choose from. Speeds of different machines are left out; anchors are drawn as diamonds and
    stay off the front. Raises `UnknownNameError` for a metric that is not in `keys`, `RunError` if `keys` has none for
    an axis.
    """
    x, y = _choose(keys, identity, _IDENTITY, "identity"), _choose(keys, motion, _MOTION, "motion")
    timed = len({result.machine for result in results if result.fps}) == 1
    points = [_point(result, x, y, timed=timed) for result in results]
    facts = results[0].summary.metrics
    axes = [Axis(_label(key, facts[key]), facts[key].better) for key in (x, y)]
    return pareto_figure(points, axes[0], axes[1], results[0].heading)


def radar_of(
    runs: Sequence[Path],
    metrics: Sequence[str] = (),
    anchors: bool = False,
    rename: Mapping[str, str] = NO_NAMES,
) -> Figure:
    """A radar of runs of one protocol over `metrics` (default: all that every run has).

    Anchors, which lie at the ends of most scales, set no spoke's range and are drawn only with `anchors`, or when there
    is nothing else.

    Raises `RunError` for runs that cannot share a table, are not complete, or share fewer than three metrics.
    """
    results = _read_complete(runs, rename)
    methods = [result for result in results if not result.anchor] or results
    results = [*methods, *(result for result in results if result.anchor and result not in methods and anchors)]
    shared = _shared(results)
    keys = [_named(name, shared, "metric that all runs have") for name in metrics] or list(shared)
    if len(keys) < 3:
        raise RunError(f"A radar needs at least three metrics; these runs share {', '.join(keys) or 'none'}.")
    facts = [results[0].summary.metrics[key] for key in keys]
    decimals = [METRICS[key].decimals if key in METRICS else 3 for key in keys]
    spokes = [Spoke(_label(k, f), f.better, d) for k, f, d in zip(keys, facts, decimals, strict=True)]
    values = np.array([[result.summary.metrics[key].value for key in keys] for result in results])
    return radar_figure([result.title for result in results], spokes, values, results[0].heading, len(methods))


def _shared(results: Sequence[Measured]) -> list[str]:
    """Metrics of which every result has a number with enough coverage."""
    entries = [result.summary.metrics for result in results]
    return [key for key in entries[0] if all(key in e and e[key].status == "ok" for e in entries)]


def _read(runs: Sequence[Path], rename: Mapping[str, str]) -> list[Measured]:
    """The results, under the names of `rename` that are theirs."""
    if not runs:
        raise RunError("A figure needs at least one run folder.")
    results = [read_measured(path) for path in runs]
    refuse_unlike(results)
    known = known_names(results)
    return chosen(results, TableOptions(rename={name: text for name, text in rename.items() if name in known}))


def _read_complete(runs: Sequence[Path], rename: Mapping[str, str]) -> list[Measured]:
    results = _read(runs, rename)
    for result in results:
        if not result.summary.complete:
            raise RunError(f"{result.name} is not complete: not all pairs of the protocol. Finish it or leave it out.")
    return results


def _find_key(metric: str, results: Sequence[Measured]) -> str:
    keys = [key for key in results[0].summary.metrics if all(key in r.summary.metrics for r in results)]
    return _named(metric, keys, "metric that all runs have")


def _named(name: str, keys: Sequence[str], kind: str) -> str:
    """The key called `name`, or the first variant of that metric."""
    found = [key for key in keys if name in (key, key.partition("[")[0])]
    if not found:
        raise UnknownNameError(kind, name, keys)
    return found[0]


def _choose(keys: Sequence[str], asked: str | None, ids: tuple[str, ...], what: str) -> str:
    if asked is not None:
        return _named(asked, keys, "metric that is compared")
    for name in ids:
        for key in keys:
            if key.partition("[")[0] == name:
                return key
    raise RunError(f"No metric of {what} ({', '.join(ids)}) is shared by all rows; name one yourself.")


def _label(key: str, facts: MetricSummary) -> str:
    unit = f", {facts.unit}" if facts.unit else ""
    return f"{facts.title}{key[len(key.partition('[')[0]) :]}{unit}"


def _point(result: Measured, x: str, y: str, *, timed: bool) -> Point:
    across, up = (result.summary.metrics[key] for key in (x, y))
    assert across.value is not None and up.value is not None  # every metric that results share has a value
    return Point(
        title=result.title,
        x=across.value,
        y=up.value,
        x_interval=_interval(across),
        y_interval=_interval(up),
        fps=result.fps if timed else None,
        anchor=result.anchor,
        word=across.ci_word or up.ci_word,
        status=result.status,
    )


def _interval(facts: MetricSummary) -> tuple[float, float] | None:
    return None if facts.ci_low is None or facts.ci_high is None else (facts.ci_low, facts.ci_high)
