"""Sheets of pictures with titles on columns and rows; a PNG holds the pictures pixel for pixel."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from evalkit.figures.files import new_figure
from evalkit.types import Frames

GAP, LEFT, TOP, EDGE = 8, 208, 120, 24
"""Pixels: between pictures, for the titles of rows, above the first row, and at the other edges."""
_MM = 25.4 / 200
"""Size of a pixel of `new_figure`."""
_TITLE = 16


def sheet_figure(rows: Sequence[Frames], row_titles: Sequence[str], column_titles: Sequence[str], title: str) -> Figure:
    """A figure with one row of square pictures per entry of `rows`.

    Args:
        rows: (T, H, H, 3) uint8 each, all of one T and H.
        row_titles: one per row, shown at its left; long ones are folded.
        column_titles: T of them, shown above the first row; long ones are folded.
        title: of the whole sheet, one line.
    """
    count, side = rows[0].shape[:2]
    step = side + GAP
    height, width = (number * step - GAP for number in (len(rows), count))
    canvas = np.full((height, width, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            canvas[i * step : i * step + side, j * step : j * step + side] = picture
    total = (LEFT + width + EDGE, TOP + height + EDGE)
    figure = new_figure(total[0] * _MM, total[1] * _MM)
    figure.set_layout_engine("none")
    axes = figure.add_axes((LEFT / total[0], EDGE / total[1], width / total[0], height / total[1]))
    axes.imshow(canvas, interpolation="none")
    axes.xaxis.tick_top()
    columns, places = ([_folded(text) for text in titles] for titles in (column_titles, row_titles))
    axes.set_xticks([j * step + side / 2 for j in range(count)], columns, fontsize=8, parse_math=False)
    axes.set_yticks([i * step + side / 2 for i in range(len(rows))], places, fontsize=8, parse_math=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.text(LEFT / total[0], 1 - EDGE / total[1], title, fontsize=10, va="top", parse_math=False)
    return figure


def _folded(title: str) -> str:
    return "\n".join(textwrap.fill(line, _TITLE) for line in title.splitlines())
