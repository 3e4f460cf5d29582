"""A metric over the frames of a clip, one line per method; frames without a value are gaps."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from evalkit.figures.files import new_figure
from evalkit.types import Values

_STYLES = ("-", "--", ":", "-.")


def frames_figure(
    curves: Mapping[str, Values],
    label: str,
    better: Literal["higher", "lower"],
    title: str = "",
    fps: float | None = None,
) -> Figure:
    """A figure of 160 x 75 mm. `curves`: name -> (T,) with NaN where a frame has no value; a lone value is a dot.

    With `fps`, frames per second, the axis is in seconds, from 0 at the first frame; else in frames.
    """
    figure = new_figure(160, 75)
    axes = figure.add_subplot()
    for index, (name, values) in enumerate(curves.items()):
        style, colour = _STYLES[index // 10 % len(_STYLES)], f"C{index % 10}"
        (line,) = axes.plot(
            np.arange(len(values)) / (fps or 1),
            values,
            style,
            color=colour,
            linewidth=1.0,
            label=" ".join(name.split()),
        )
        line.set_markevery(_alone(values))
        line.set(marker=".", markersize=3)
    axes.set_xlabel(f"time (s), at {fps:g} frames per second" if fps else "frame", fontsize=8)
    axes.set_ylabel(f"{label} ({better} is better)", fontsize=8, parse_math=False)
    axes.set_title(title, fontsize=9, parse_math=False)
    axes.tick_params(labelsize=7)
    axes.grid(visible=True, linewidth=0.4, alpha=0.5)
    axes.margins(x=0.01)
    legend = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7, frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _alone(values: Values) -> list[int]:
    """Frames with a value between two without; a line cannot show them."""
    there = np.concatenate([[False], np.isfinite(values), [False]])
    return [int(i) for i in np.flatnonzero(there[1:-1] & ~there[:-2] & ~there[2:])]
