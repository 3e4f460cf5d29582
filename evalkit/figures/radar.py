"""A radar: one spoke per metric, one outline per method. Readers expect it; a table says more.

Every spoke runs from the worst value drawn (inner ring) to the best (rim), whatever their units, and both are printed
at its end: the shape says who is ahead, not by how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from evalkit.figures.files import new_figure
from evalkit.types import Values

INNER = 0.2
"""The radius of the worst value; the rim is at 1."""
_LONG_NAME = 40


@dataclass(frozen=True)
class Spoke:
    """A metric: how it is called, which way is better, and the decimals its ends are printed with."""

    title: str
    better: Literal["higher", "lower"]
    decimals: int


def radii(values: Values, spokes: Sequence[Spoke], ranging: int) -> Values:
    """(M, K) radii in [`INNER`, 1] of (M, K) values, best at 1; 1 if all are equal; NaN stays NaN.

    The first `ranging` rows set the range; what the others have beyond it is cut off.
    """
    signs = np.array([1.0 if spoke.better == "higher" else -1.0 for spoke in spokes])
    signed = values * signs
    low, high = np.nanmin(signed[:ranging], axis=0), np.nanmax(signed[:ranging], axis=0)
    signed = np.clip(signed, low, high)
    spread = np.where(high > low, high - low, 1.0)
    return np.asarray(np.where(high > low, INNER + (1 - INNER) * (signed - low) / spread, 1.0 + 0 * signed))


def radar_figure(
    names: Sequence[str], spokes: Sequence[Spoke], values: Values, title: str = "", ranging: int | None = None
) -> Figure:
    """A figure of 110 x 110 mm of (M, K) values; the first `ranging` of them (default: all) set the range.

    Each spoke needs at least one value; an outline has a gap where a value is missing. The others are dashed.
    """
    ranging = len(names) if ranging is None else ranging
    figure = new_figure(110, 110)
    axes = figure.add_subplot(projection="polar")
    assert isinstance(axes, PolarAxes)
    angles = np.linspace(0, 2 * np.pi, len(spokes), endpoint=False)
    for index, (name, radius) in enumerate(zip(names, radii(values, spokes, ranging), strict=True)):
        closed = np.append(radius, radius[0])
        style = "-" if index < ranging else "--"
        (line,) = axes.plot(np.append(angles, angles[0]), closed, style, color=f"C{index % 10}", lw=1.1, marker=".")
        line.set_label(" ".join(name.split()))
    axes.set_theta_offset(np.pi / 2)
    axes.set_theta_direction(-1)
    axes.set_ylim(0, 1.02)
    axes.set_yticks([INNER, 1.0], ["", ""])
    ends = [_ends(spoke, values[:ranging, index]) for index, spoke in enumerate(spokes)]
    axes.set_xticks(angles, ends, fontsize=7)
    axes.tick_params(pad=2)
    for label, angle in zip(axes.get_xticklabels(), angles, strict=True):
        across, up = np.sin(angle), np.cos(angle)
        label.set_horizontalalignment("center" if abs(across) < 0.1 else "left" if across > 0 else "right")
        label.set_verticalalignment("center" if abs(up) < 0.1 else "bottom" if up > 0 else "top")
    axes.set_title(title, fontsize=9, parse_math=False)
    columns = 1 if max(map(len, names)) > _LONG_NAME else 2
    legend = figure.legend(loc="outside lower center", ncols=columns, fontsize=7, frameon=False)
    for text in (*legend.get_texts(), *axes.get_xticklabels()):
        text.set_parse_math(False)
    return figure


def _ends(spoke: Spoke, values: Values) -> str:
    low, high = np.nanmin(values), np.nanmax(values)
    worst, best = (low, high) if spoke.better == "higher" else (high, low)
    return f"{spoke.title}\n{worst:.{spoke.decimals}f} to {best:.{spoke.decimals}f}"
