"""Names at the points of a figure, placed so that they overlap neither each other nor points."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

_SIZE, _NEAR = 7, 2.0
_ANGLES = np.deg2rad([30, -30, 150, -150, 0, 180, 60, -60, 120, -120, 90, -90, 15, -15, 165, -165])
_STEPS = (1.0, 2.0, 3.5, 5.5, 8.0)


def place_names(
    axes: Axes,
    places: Sequence[tuple[float, float]],
    areas: Sequence[float],
    names: Sequence[str],
    lines: Sequence[tuple[float, float, float, float]] = (),
) -> None:
    """Write `names` beside points at `places`, of marker `areas` in points squared; call it when all else is drawn.

    The nearest place that is free of all of them and of `lines` (x, y, x, y) is taken, up and right first. A name that
    ends up away from its point gets a line to it. Where nothing is free, the place with the least overlap is taken.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    dots = figure.dpi / 72
    radii = [np.sqrt(area / np.pi) * dots for area in areas]
    centres = [axes.transData.transform(place) for place in places]
    taken = [Bbox([c - r, c + r]) for c, r in zip(centres, radii, strict=True)]
    ends = [axes.transData.transform([line[:2], line[2:]]) for line in lines]
    taken += [Bbox([end.min(axis=0) - dots, end.max(axis=0) + dots]) for end in ends]
    frame = axes.get_window_extent().padded(-_NEAR * dots)
    for centre, radius, name in zip(centres, radii, names, strict=True):
        text = axes.text(0, 0, name, fontsize=_SIZE, parse_math=False, zorder=5)
        text.set_in_layout(False)  # else the axes would move from under the names
        size = np.array(text.get_window_extent().size)
        best = min(_candidates(centre, radius + _NEAR * dots, size), key=lambda box: _cost(box, taken, frame))
        away = float(np.linalg.norm(np.clip(centre, best.min, best.max) - centre)) - radius
        text.set_position(tuple(axes.transData.inverted().transform(best.min)))
        text.set_verticalalignment("bottom")
        if away > 3 * _NEAR * dots:
            line = axes.transData.inverted().transform([centre, np.clip(centre, best.min, best.max)])
            axes.plot(line[:, 0], line[:, 1], color="#555555", linewidth=0.4, zorder=2, scalex=False, scaley=False)
        taken.append(best)


def _candidates(centre: np.ndarray, distance: float, size: np.ndarray) -> list[Bbox]:
    """Boxes of that size around a point, nearest first."""
    boxes = []
    for step in _STEPS:
        for angle in _ANGLES:
            direction = np.array([np.cos(angle), np.sin(angle)])
            middle = centre + direction * distance * step + np.clip(1.5 * direction, -1, 1) * size / 2
            boxes.append(Bbox([middle - size / 2, middle + size / 2]))
    return boxes


def _cost(box: Bbox, taken: Sequence[Bbox], frame: Bbox) -> float:
    """Dots squared of the box that lie on something else or outside of the axes; the first of equals is taken."""
    on_others = sum(_common(box, other) for other in taken)
    return on_others + box.width * box.height - _common(box, frame)


def _common(one: Bbox, other: Bbox) -> float:
    shared = Bbox.intersection(one, other)
    return 0.0 if shared is None else float(shared.width * shared.height)
