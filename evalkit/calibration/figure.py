"""The pictures of a calibration: a panel per damage with a line per metric; and metrics against the truth."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evalkit.calibration.calibrate import Answer
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.calibration.truth import Track
from evalkit.figures.files import save_figure
from evalkit.metrics import Metric
from evalkit.types import Values

_COLUMNS = 4
_STYLES = ("-", "--", ":", "-.")
_LEADER = {"arrowstyle": "-", "linewidth": 0.4, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)}
_MOST_NAMES = 16
"""Names that stand below each other in a panel."""


def write_figure(path: Path, metrics: Sequence[Metric], answers: Sequence[Answer]) -> None:
    """Write `damage_figure` as PNG, PDF or SVG. Raises `RunError` for another file name."""
    save_figure(damage_figure(metrics, answers), path)


def damage_figure(metrics: Sequence[Metric], answers: Sequence[Answer]) -> Figure:
    """The answers to damage, a panel per damage and a line per metric.

    Every metric is drawn as worsening, divided by its largest worsening under any damage: 0 is clean, 1 the worst that
    any of these damages does to it. Lines of one metric can be compared across panels, lines of two metrics cannot.
    """
    rows = -(-len(DEGRADATIONS) // _COLUMNS)
    figure = Figure(figsize=(3.8 * _COLUMNS, max(2.7, 0.13 * len(metrics) + 0.8) * rows), dpi=150)
    axes = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False)
    ends: list[list[tuple[float, str, str]]] = []
    for panel, degradation in zip(axes.flat, DEGRADATIONS, strict=False):
        ends.append([])
        for index, metric in enumerate(metrics):
            worsening = _worsening(metric, answers, degradation.id)
            style, colour = _STYLES[index // 10 % len(_STYLES)], f"C{index % 10}"
            shares = worsening / (_largest(metric, answers) or 1)
            panel.plot(range(len(shares)), shares, style, color=colour, marker=".", label=metric.key)
            ends[-1].append((float(shares[-1]) if len(shares) else np.nan, metric.key, colour))
        panel.set_xticks(range(len(degradation.steps)), [f"{step:g}" for step in degradation.steps])
        panel.set_title(f"{degradation.id} ({degradation.unit})", fontsize=10)
        panel.axhline(0, color="grey", linewidth=0.5)
    for panel, degradation, there in zip(axes.flat, DEGRADATIONS, ends, strict=False):
        _label_ends(panel, len(degradation.steps) - 1, there)  # only now are the heights of the shared axis known
    for panel in axes.flat[len(DEGRADATIONS) :]:
        panel.set_axis_off()
    for row in axes:
        row[0].set_ylabel("share of the worst")
    figure.tight_layout()
    return figure


def _label_ends(panel: Axes, last: int, ends: Sequence[tuple[float, str, str]]) -> None:
    """Names at the right ends of lines, moved apart where lines end close to each other; a line leads to each."""
    low, high = panel.get_ylim()
    there = sorted(end for end in ends if np.isfinite(end[0]))
    step = (high - low) / max(len(there), _MOST_NAMES)
    heights = [value for value, _, _ in there]
    for index in range(1, len(heights)):
        heights[index] = max(heights[index], heights[index - 1] + step)
    over = max(heights[-1] - high, 0.0) if heights else 0.0
    for index in reversed(range(len(heights))):
        heights[index] = min(heights[index], high - (len(heights) - 1 - index) * step) if over else heights[index]
    for height, (value, name, colour) in zip(heights, there, strict=True):
        panel.annotate(
            name,
            (last, value),
            xytext=(last * 1.06, height),
            fontsize=6,
            color=colour,
            va="center",
            annotation_clip=False,
            arrowprops={"color": colour, **_LEADER},
            parse_math=False,
        )


def write_truth_figure(path: Path, tracks: Sequence[Track]) -> None:
    """Write a picture of metrics against the true differences of frames; one panel per track."""
    figure = Figure(figsize=(4 * len(tracks), 3.4), dpi=150)
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
