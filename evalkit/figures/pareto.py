"""Identity against motion against speed: who is not beaten on all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evalkit.errors import RunError
from evalkit.files import atomic_path

_FORMATS = (".pdf", ".png", ".svg")
_ON, _OFF = "#0072b2", "#8a8a8a"
_SMALLEST, _LARGEST = 30.0, 300.0


@dataclass(frozen=True)
class Axis:
    """A metric on an axis."""

    title: str
    better: Literal["higher", "lower"]


@dataclass(frozen=True)
class Point:
    """A method: two metrics with their intervals (None: there is none), and frames per second (None: not timed)."""

    title: str
    x: float
    y: float
    x_interval: tuple[float, float] | None = None
    y_interval: tuple[float, float] | None = None
    fps: float | None = None


def pareto_front(points: Sequence[Point], x: Axis, y: Axis) -> list[bool]:
    """Which points no other point beats: at least as good on x, y and speed, and better on one of them.

    A method that was not timed is slower than any that was.
    """
    sign_x, sign_y = (1 if axis.better == "higher" else -1 for axis in (x, y))
    scores = np.array([[sign_x * p.x, sign_y * p.y, -1.0 if p.fps is None else p.fps] for p in points])
    beaten = (scores[None] >= scores[:, None]).all(axis=2) & (scores[None] > scores[:, None]).any(axis=2)
    return [bool(free) for free in ~np.asarray(beaten).any(axis=1)]


def pareto_figure(points: Sequence[Point], x: Axis, y: Axis, title: str = "") -> Figure:
    """A figure of 120 x 90 mm: filled points are on the front, the area of a point grows with its speed."""
    figure = Figure(figsize=(120 / 25.4, 90 / 25.4), dpi=200, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    fastest = max((point.fps or 0.0 for point in points), default=0.0)
    for point, on in zip(points, pareto_front(points, x, y), strict=True):
        _draw(axes, point, on, fastest)
    for axis, set_label in ((x, axes.set_xlabel), (y, axes.set_ylabel)):
        set_label(f"{axis.title} ({axis.better} is better)", parse_math=False)
    if x.better == "lower":
        axes.invert_xaxis()
    if y.better == "lower":
        axes.invert_yaxis()
    axes.margins(0.15)
    axes.grid(visible=True, linewidth=0.4, alpha=0.5)
    speed = f"; area: frames per second (largest {fastest:.3g})" if fastest else ""
    axes.set_title(f"{title}\nbetter is up and right; filled: on the Pareto front{speed}", fontsize=7, parse_math=False)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PDF, SVG or PNG, atomically; the same figure gives the same bytes. Raises `RunError`."""
    if path.suffix not in _FORMATS:
        raise RunError(f"{path}: expected a file name that ends in {', '.join(_FORMATS)}.")
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}, ".png": {"Software": None}}
    with atomic_path(path) as temporary:
        figure.savefig(temporary, metadata=dates[path.suffix])


def _draw(axes: Axes, point: Point, on: bool, fastest: float) -> None:
    share = (point.fps or 0.0) / fastest if fastest else 0.0
    colour = _ON if on else _OFF
    area = _SMALLEST + (_LARGEST - _SMALLEST) * share
    face = colour if on else "none"
    axes.errorbar(
        point.x,
        point.y,
        xerr=_error(point.x, point.x_interval),
        yerr=_error(point.y, point.y_interval),
        fmt="none",
        ecolor=colour,
        elinewidth=0.6,
        alpha=0.7,
    )
    axes.scatter([point.x], [point.y], s=area, facecolors=face, edgecolors=colour, linewidths=1.0, zorder=3)
    radius = np.sqrt(area) / 2
    axes.annotate(
        " ".join(point.title.split()),
        (point.x, point.y),
        xytext=(radius + 2, radius + 2),
        textcoords="offset points",
        fontsize=6,
        parse_math=False,
    )


def _error(value: float, interval: tuple[float, float] | None) -> list[list[float]] | None:
    return None if interval is None else [[max(value - interval[0], 0.0)], [max(interval[1] - value, 0.0)]]
