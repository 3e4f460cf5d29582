"""Identity against motion against speed: who is not beaten on all of them at once."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evalkit.figures.files import new_figure
from evalkit.figures.front import Axis, Point, pareto_front
from evalkit.figures.names import place_names

_ON, _OFF = "#0072b2", "#8a8a8a"
_VERIFIED = "✓"
_SMALLEST, _LARGEST = 30.0, 300.0


def pareto_figure(points: Sequence[Point], x: Axis, y: Axis, title: str = "") -> Figure:
    """A figure of 160 x 100 mm with names at the points: filled are those on the front, the area grows with speed."""
    figure = new_figure(160, 100)
    axes = figure.add_subplot()
    fastest = max((point.fps or 0.0 for point in points), default=0.0)
    areas = [_area(point, fastest) for point in points]
    for point, on, area in zip(points, pareto_front(points, x, y), areas, strict=True):
        _draw(axes, point, on, area)
    for axis, set_label in ((x, axes.set_xlabel), (y, axes.set_ylabel)):
        set_label(f"{axis.title} ({axis.better} is better)", fontsize=8, parse_math=False)
    if x.better == "lower":
        axes.invert_xaxis()
    if y.better == "lower":
        axes.invert_yaxis()
    axes.margins(0.15)
    axes.tick_params(labelsize=7)
    axes.grid(visible=True, linewidth=0.4, alpha=0.5)
    axes.set_title(title, fontsize=9, parse_math=False)
    _legend(axes, points)
    bars = [bar for point in points for bar in _bars(point)]
    place_names(axes, [(point.x, point.y) for point in points], areas, [_name(point) for point in points], bars)
    return figure


def _bars(point: Point) -> list[tuple[float, float, float, float]]:
    """Both intervals as x, y of one end and x, y of the other."""
    across = [(low, point.y, high, point.y) for low, high in [point.x_interval or (point.x, point.x)]]
    return across + [(point.x, low, point.x, high) for low, high in [point.y_interval or (point.y, point.y)]]


def _name(point: Point) -> str:
    name = " ".join(point.title.split()) + (f" {_VERIFIED}" if point.status == "verified" else "")
    return f"{name}, {point.fps:{'.0f' if point.fps >= 100 else '.3g'}} fps" if point.fps else name


def _area(point: Point, fastest: float) -> float:
    return _SMALLEST + (_LARGEST - _SMALLEST) * ((point.fps or 0.0) / fastest if fastest else 0.0)


def _draw(axes: Axes, point: Point, on: bool, area: float) -> None:
    colour = _ON if on else _OFF
    axes.errorbar(
        point.x,
        point.y,
        xerr=_error(point.x, point.x_interval),
        yerr=_error(point.y, point.y_interval),
        fmt="none",
        ecolor=colour,
        elinewidth=0.6,
        alpha=0.5,
    )
    marker, face = ("D" if point.anchor else "o"), (colour if on else "none")
    axes.scatter([point.x], [point.y], s=area, facecolors=face, edgecolors=colour, alpha=0.8, marker=marker, zorder=3)


def _legend(axes: Axes, points: Sequence[Point]) -> None:
    """How to read the figure, below it; nothing in it is taken for mathematics."""
    reading = ["better: up and right", "filled: on the Pareto front"]
    reading += ["area: speed"] if any(point.fps for point in points) else []
    reading += ["diamond: anchor"] if any(point.anchor for point in points) else []
    reading += ["bars: 95 % intervals"] if any(point.x_interval or point.y_interval for point in points) else []
    stated = {point.status for point in points} - {""}
    signs = {"verified": f"{_VERIFIED} verified", "self-reported": "no sign: self-reported"}
    reading += [text for status, text in signs.items() if status in stated]
    reading += [f"no interval: {word}" for word in dict.fromkeys(point.word for point in points) if word]
    axes.figure.supxlabel("  ·  ".join(reading), fontsize=6, color="#555555", parse_math=False)


def _error(value: float, interval: tuple[float, float] | None) -> list[list[float]] | None:
    return None if interval is None else [[max(value - interval[0], 0.0)], [max(interval[1] - value, 0.0)]]
