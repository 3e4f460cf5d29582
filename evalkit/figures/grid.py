"""The figure of every paper of this field: rows are pairs, columns source, driving clip and methods."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from evalkit.figures.files import DPI, new_figure

Picture = NDArray[np.uint8]
Box = tuple[int, int, int, int]
_GAP, _HEADER, _LABEL, _MM = 0.6, 5.0, 4.5, 25.4
_INSET, _FRAME = 0.42, "#ffd400"
_COLOURS = colormaps["magma"]
LARGEST_ERROR = 64
"""Mean difference of the channels, in levels of 256, at which the scale of error maps ends."""


@dataclass(frozen=True)
class GridRow:
    """A row: (side, side, 3) uint8 pictures, or the word that stands where there is none; "" leaves the paper white.

    `zoomed` says where the part to enlarge is shown. A row of `errors` has their scale in its second place.
    """

    label: str
    tiles: tuple[Picture | str, ...]
    zoomed: tuple[bool, ...]
    errors: bool = False


@dataclass(frozen=True)
class _Layout:
    """Where things are, in dots: a picture's pixel is a whole number of them, at least `DPI` to the inch."""

    tile: int
    gap: int
    left: int
    header: int
    columns: int
    rows: int

    @property
    def width(self) -> int:
        return self.left + self.columns * (self.tile + self.gap) - self.gap

    @property
    def height(self) -> int:
        return self.header + self.rows * (self.tile + self.gap) - self.gap

    def place(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of a tile as shares of the figure."""
        x = self.left + column * (self.tile + self.gap)
        y = self.height - self.header - row * (self.tile + self.gap) - self.tile
        return x / self.width, y / self.height, self.tile / self.width, self.tile / self.height


def _layout(side: int, columns: int, rows: int, width_mm: float, labels: bool) -> _Layout:
    left = _LABEL if labels else 0.0
    tile_mm = (width_mm - left - _GAP * (columns - 1)) / columns
    factor = math.ceil(DPI / _MM * tile_mm / side)
    per_mm = factor * side / tile_mm
    return _Layout(factor * side, round(_GAP * per_mm), round(left * per_mm), round(_HEADER * per_mm), columns, rows)


def grid_figure(
    headings: Sequence[str], rows: Sequence[GridRow], width_mm: float, zoom: Box | None = None, labels: bool = True
) -> Figure:
    """Pictures at their own resolution with vector text: `headings` above the columns, labels at the left."""
    side = max((p.shape[0] for row in rows for p in row.tiles if not isinstance(p, str)), default=256)
    layout = _layout(side, len(headings), len(rows), width_mm, labels)
    scale = width_mm / layout.width
    figure = new_figure(width_mm, layout.height * scale, dpi=_MM / scale)
    figure.set_layout_engine("none")
    size = _size(headings, layout.tile * scale)
    for column, heading in enumerate(headings):
        x, _, width, _ = layout.place(0, column)
        _text(figure, x + width / 2, 1 - 0.75 * layout.header / layout.height, heading, size, "bottom")
    size = _size([row.label for row in rows], layout.tile * scale)
    for index, row in enumerate(rows):
        if labels:
            _, y, _, height = layout.place(index, 0)
            _text(figure, 0.4 * layout.left / layout.width, y + height / 2, row.label, size, "center", 90)
        for column, (picture, zoomed) in enumerate(zip(row.tiles, row.zoomed, strict=True)):
            axes = figure.add_axes(layout.place(index, column))
            if row.errors and column == 1:
                _draw_scale(axes)
            else:
                _draw(axes, picture, zoom if zoomed else None)
    return figure


def error_map(generated: Picture, driving: Picture) -> Picture:
    """The mean absolute difference of the channels black at 0, white at `LARGEST_ERROR`."""
    difference = np.abs(generated.astype(np.float64) - driving).mean(axis=2)
    coloured = _COLOURS(np.clip(difference / LARGEST_ERROR, 0, 1), bytes=True)
    return np.asarray(coloured[..., :3], dtype=np.uint8)


def _size(texts: Sequence[str], room_mm: float) -> float:
    """The type size in points, at most 8, at which every text fits into `room_mm`."""
    widths = [TextPath((0, 0), _one_line(text), size=8, usetex=False).get_extents().width for text in texts if text]
    return min(8.0, *(8 * room_mm / _MM * 72 / width for width in widths if width), 8.0)


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("$", r"\$")  # a path would take it for mathematics


def _text(figure: Figure, x: float, y: float, text: str, size: float, vertical: str, turn: float = 0) -> None:
    plain = " ".join(text.split())
    figure.text(
        x, y, plain, fontsize=size, ha="center", va=vertical, rotation=turn, rotation_mode="anchor", parse_math=False
    )


def _draw(axes: Axes, picture: Picture | str, zoom: Box | None) -> None:
    axes.set_axis_off()
    if isinstance(picture, str):
        if not picture:
            return
        axes.add_patch(Rectangle((0, 0), 1, 1, color="#dddddd", transform=axes.transAxes))
        axes.text(0.5, 0.5, picture, ha="center", va="center", fontsize=6, transform=axes.transAxes, parse_math=False)
        return
    axes.imshow(picture, interpolation="none")
    if zoom is None:
        return
    x, y, width, height = zoom
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), width, height, fill=False, edgecolor=_FRAME, linewidth=0.6))
    across = _INSET * min(1.0, width / height)
    inset = axes.inset_axes((1 - across, 0, across, across * height / width))
    inset.imshow(picture[y : y + height, x : x + width], interpolation="none")
    inset.set(xticks=[], yticks=[])
    for spine in inset.spines.values():
        spine.set(edgecolor=_FRAME, linewidth=0.8)


def _draw_scale(axes: Axes) -> None:
    """What the colours of error maps mean."""
    axes.set_axis_off()
    bar = axes.inset_axes((0.15, 0.46, 0.66, 0.1))
    bar.imshow(np.linspace(0, 1, 256)[None], aspect="auto", cmap=_COLOURS)
    bar.set_xticks([0, 255], ["0", f"{LARGEST_ERROR}/255"], fontsize=5)
    bar.set_yticks([])
    bar.tick_params(length=1.5, width=0.4, pad=1)
    bar.set_title("mean difference", fontsize=6)
    for spine in bar.spines.values():
        spine.set_linewidth(0.4)
