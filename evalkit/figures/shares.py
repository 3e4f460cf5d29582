"""Shares with their intervals as dots on lines, in groups: which of them lie above chance."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from evalkit.figures.files import new_figure

_COLOURS = {"yes": "#0072b2", "partly": "#e69f00", "chance": "#8a8a8a", "no": "#d55e00", "unknown": "#8a8a8a"}
_ROW_MM, _HEAD_MM = 4.6, 24.0


@dataclass(frozen=True)
class Dot:
    """One line: a name in a group, a share in [0, 1] with its interval (None: none), and a `verdict` for the colour.

    An `open` dot is of another kind than the filled ones; `words` stand at the right end.
    """

    group: str
    name: str
    share: float
    interval: tuple[float, float] | None
    verdict: str
    open: bool = False
    words: str = ""


def shares_figure(dots: Sequence[Dot], title: str, reading: Sequence[str]) -> Figure:
    """A figure 160 mm wide with a line per dot, in the given order, and a dashed line at chance.

    `reading` are lines below it that say how to read it.
    Raises `KeyError` for a verdict that has no colour.
    """
    figure = new_figure(160, _HEAD_MM + _ROW_MM * (len(dots) + len({dot.group for dot in dots})))
    axes = figure.add_subplot()
    place, ticks, names = 0, [], []
    for index, dot in enumerate(dots):
        if index == 0 or dots[index - 1].group != dot.group:
            axes.text(-0.02, place, dot.group, fontsize=7, weight="bold", va="center", ha="right", parse_math=False)
            place += 1
        colour = _COLOURS[dot.verdict]
        if dot.interval:
            axes.plot(dot.interval, (place, place), color=colour, linewidth=1.2)
        axes.plot([dot.share], [place], "o", markersize=4, color=colour, markerfacecolor="w" if dot.open else colour)
        axes.text(1.03, place, dot.words, fontsize=6, va="center", color="#555555", parse_math=False)
        ticks.append(place)
        names.append(dot.name)
        place += 1
    axes.axvline(0.5, color="#555555", linewidth=0.8, linestyle="--")
    axes.set_yticks(ticks, names, fontsize=6.5, parse_math=False)
    axes.set_ylim(place - 0.5, -0.7)
    axes.set_xlim(0, 1.02)
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(visible=True, axis="x", linewidth=0.4, alpha=0.5)
    axes.set_title(title, fontsize=9, parse_math=False)
    figure.supxlabel("\n".join(reading), fontsize=6, color="#555555", parse_math=False)
    return figure
