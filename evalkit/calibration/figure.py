"""The pictures of a calibration: a panel per damage with a line per metric; and metrics against the truth."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from evalkit.calibration.calibrate import Answer
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.calibration.truth import Track
from evalkit.figures.files import save_figure
from evalkit.metrics import Metric
from evalkit.types import Values

_COLUMNS = 4
_STYLES = ("-", "--", ":", "-.")


def write_figure(path: Path, metrics: Sequence[Metric], answers: Sequence[Answer]) -> None:
    """Write `damage_figure` as PNG, PDF or SVG. Raises `RunError` for another file name."""
    save_figure(damage_figure(metrics, answers), path)


def damage_figure(metrics: Sequence[Metric], answers: Sequence[Answer]) -> Figure:
    """The answers to damage, a panel per damage and a line per metric.

    Every metric is drawn as worsening, divided by its largest worsening under any damage: 0 is clean, 1 the worst that
    any of these damages does to it. Lines of one metric can be compared across panels, lines of two metrics cannot.
    """
    rows = -(-len(DEGRADATIONS) // _COLUMNS)
    legend_rows = -(-len(metrics) // 5)
    height = 2.7 * rows + 0.3 * legend_rows
    figure = Figure(figsize=(3.4 * _COLUMNS, height), dpi=80)
    axes = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False)
    for panel, degradation in zip(axes.flat, DEGRADATIONS, strict=False):
        for index, metric in enumerate(metrics):
            worsening = _worsening(metric, answers, degradation.id)
            style, colour = _STYLES[index // 10 % len(_STYLES)], f"C{index % 10}"
            shares = worsening / (_largest(metric, answers) or 1)
            panel.plot(range(len(shares)), shares, style, color=colour, marker=".", label=metric.key)
        panel.set_xticks(range(len(degradation.steps)), [f"{step:g}" for step in degradation.steps])
        panel.set_title(f"{degradation.id} ({degradation.unit})", fontsize=10)
        panel.axhline(0, color="grey", linewidth=0.5)
    for panel in axes.flat[len(DEGRADATIONS) :]:
        panel.set_axis_off()
    for row in axes:
        row[0].set_ylabel("share of the worst")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="lower center", ncols=5, fontsize="small")
    figure.tight_layout(rect=(0, 0.3 * legend_rows / height, 1, 1))
    return figure


def write_truth_figure(path: Path, tracks: Sequence[Track]) -> None:
    """Write a picture of metrics against the true differences of frames; one panel per track."""
    figure = Figure(figsize=(4 * len(tracks), 3.4), dpi=80)
    axes = figure.subplots(1, len(tracks), squeeze=False)
    for panel, track in zip(axes.flat, tracks, strict=True):
        panel.plot(track.true, track.measured, ".", markersize=2, alpha=0.4)
        panel.set_title(f"{track.metric}, r = {track.correlation:.2f}", fontsize=10)
        kind = "turn of two frames (mean, rad)" if track.metric.startswith("apd") else "change of expression (mean)"
        panel.set_xlabel(f"true {kind}", fontsize=8)
        panel.set_ylabel("metric", fontsize=8)
        panel.set_xlim(left=0)
        panel.set_ylim(bottom=0)
    figure.tight_layout()
    save_figure(figure, path)


def _worsening(metric: Metric, answers: Sequence[Answer], degradation: str) -> Values:
    values = [a.value for a in answers if a.metric == metric.key and a.degradation == degradation]
    numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.asarray((numbers - numbers[0]) * (1 if metric.better == "lower" else -1))


def _largest(metric: Metric, answers: Sequence[Answer]) -> float:
    moved = np.concatenate([_worsening(metric, answers, d.id) for d in DEGRADATIONS])
    return float(np.abs(moved[np.isfinite(moved)]).max(initial=0.0))
