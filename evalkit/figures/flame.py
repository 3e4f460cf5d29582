"""Where time went: bars under each other, each as wide as its share of the one above."""

from collections.abc import Sequence
from typing import TypeAlias

from matplotlib.figure import Figure

from evalkit.figures.files import new_figure

Bar: TypeAlias = tuple[str, float, float]
"""What took the time, where it begins (seconds from the left), and how long it is."""
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
_NARROW = 0.03
"""A bar with less of the width has no label."""


def flame_figure(rows: Sequence[Sequence[Bar]], total: float, title: str) -> Figure:
    """A figure of 200 mm: the first of `rows` above, seconds to the right, one colour for each name."""
    figure = new_figure(200, 18 + 14 * len(rows))
    axes = figure.add_subplot()
    names = list(dict.fromkeys(name for row in rows for name, _, _ in row))
    for level, row in enumerate(rows):
        for name, left, width in row:
            colour = _COLOURS[names.index(name) % len(_COLOURS)]
            axes.barh(-level, width, 0.9, left, color=colour, edgecolor="white", linewidth=0.5)
            if total and width / total >= _NARROW:
                label = f"{name}\n{width:.1f} s"
                axes.text(left + width / 2, -level, label, ha="center", va="center", fontsize=6, clip_on=True)
    axes.set_yticks([])
    axes.set_xlim(0, total or 1)
    axes.set_xlabel("seconds, over all workers")
    axes.set_title(title, fontsize=8, loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure
