"""The history as pictures and one page: each metric over gated checkpoints, with the points where it jumped."""

import base64
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evalkit.base.files import atomic_path
from evalkit.gate.history import HistoryLine, HistoryValue
from evalkit.statistics.changepoints import change_points

_COLOURS = {
    "pass": "#2b7a4b",
    "regression": "#b02020",
    "not_proven": "#c98a00",
    "incomplete": "#8a6d00",
    "not_comparable": "#777777",
}


@dataclass(frozen=True)
class Series:
    """One metric of one method on one protocol, as long as its signature and the clips stayed the same.

    `jumps` are indices where a new level begins. `entries` are lines of the history that have a value of it.
    """

    protocol: str
    method: str
    key: str
    signature: str
    better: str
    unit: str
    entries: tuple[HistoryLine, ...]
    values: tuple[float, ...]
    jumps: tuple[int, ...]

    @property
    def slug(self) -> str:
        """A file name."""
        return re.sub(r"[^A-Za-z0-9]+", "_", f"{self.protocol}_{self.method}_{self.key}").strip("_")


def collect(lines: Sequence[HistoryLine]) -> list[Series]:
    """Series of all metrics, in the order they first appear.

    Another protocol hash, signature or set of clips begins another.
    So the quick stage, which sees a part of the clips, never meets the full protocol in one chart.
    """
    groups: dict[tuple[str, ...], list[tuple[HistoryLine, HistoryValue]]] = {}
    for line in lines:
        for key, row in line.metrics.items():
            if row.candidate is not None:
                clips = str(line.data_hash)
                names = (line.protocol, line.method, key, str(row.signature), line.protocol_hash, clips)
                groups.setdefault(names, []).append((line, row))
    return [_series(names, found) for names, found in groups.items()]


def _series(names: tuple[str, ...], found: Sequence[tuple[HistoryLine, HistoryValue]]) -> Series:
    values = tuple(row.candidate for _, row in found if row.candidate is not None)
    protocol, method, key, signature, *_ = names
    first = found[0][1]
    jumps = tuple(change_points(np.array(values)))
    return Series(
        protocol,
        method,
        key,
        signature,
        first.better,
        first.unit,
        tuple(line for line, _ in found),
        values,
        jumps,
    )


def write_pages(lines: Sequence[HistoryLine], folder: Path) -> Path:
    """Write `index.html` (one file, opens without a server) and a PNG per series; returns the page's path."""
    charts = []
    used: dict[str, int] = {}
    for series in collect(lines):
        used[series.slug] = used.get(series.slug, 0) + 1
        number = used[series.slug]
        picture = _plot(series)
        with atomic_path(folder / f"{series.slug}{f'_{number}' if number > 1 else ''}.png") as temporary:
            temporary.write_bytes(picture)
        charts.append({"series": series, "picture": base64.b64encode(picture).decode(), "jumps": _jump_rows(series)})
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_PAGE)
    with atomic_path(folder / "index.html") as temporary:
        temporary.write_text(page.render(charts=charts, lines=list(reversed(lines)), short=short), encoding="utf-8")
    return folder / "index.html"


def short(line: HistoryLine) -> str:
    """The commit, else the checkpoint, else the time of a line."""
    return (line.commit or line.checkpoint_sha256 or line.time)[:10]


def _jump_rows(series: Series) -> list[dict[str, Any]]:
    edges = [0, *series.jumps, len(series.values)]
    levels = [float(np.mean(series.values[a:b])) for a, b in itertools.pairwise(edges)]
    worse = 1 if series.better == "lower" else -1
    return [
        {
            "at": short(series.entries[index]),
            "before": levels[i],
            "after": levels[i + 1],
            "word": "worse" if worse * (levels[i + 1] - levels[i]) > 0 else "better",
        }
        for i, index in enumerate(series.jumps)
    ]


def _plot(series: Series) -> bytes:
    figure = Figure(figsize=(8, 3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = np.arange(len(series.values))
    axes.plot(places, series.values, color="#9aa5b1", linewidth=1, zorder=1)
    colours = [_COLOURS[line.outcome] for line in series.entries]
    axes.scatter(places, series.values, c=colours, s=22, zorder=3)
    edges = [0, *series.jumps, len(series.values)]
    for start, end in itertools.pairwise(edges):
        axes.hlines(float(np.mean(series.values[start:end])), start - 0.5, end - 0.5, color="#1f4e9c", zorder=2)
    for jump in series.jumps:
        axes.axvline(jump - 0.5, color="#b02020", linestyle="--", linewidth=1, zorder=0)
    arrow = "higher is better" if series.better == "higher" else "lower is better"
    axes.set_title(f"{series.key} of {series.method} on {series.protocol} ({arrow})", fontsize=9)
    axes.set_ylabel(series.unit or series.key, fontsize=8)
    shown = places[:: max(1, len(places) // 12)]
    axes.set_xticks(shown, [short(series.entries[i]) for i in shown], rotation=45, ha="right", fontsize=7)
    axes.tick_params(axis="y", labelsize=7)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>evalkit history</title><style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1c2530; }
img { max-width: 100%; } table { border-collapse: collapse; } td, th { padding: .2rem .7rem; text-align: left; }
tr:nth-child(even) { background: #f3f5f8; } .regression, .worse { color: #b02020; } .pass, .better { color: #2b7a4b; }
.not_proven { color: #c98a00; } .incomplete { color: #8a6d00; } small { color: #5b6673; overflow-wrap: anywhere; }
</style></head><body>
<h1>History of gated checkpoints</h1>
<p>Points are checkpoints, coloured by the verdict of their gate; blue lines are levels, red dashes the points where a
level changed. A metric whose signature, protocol or clips changed begins a new chart.</p>
{% for chart in charts %}
<h2>{{ chart.series.key }}</h2>
<p><small>{{ chart.series.method }} on {{ chart.series.protocol }}; {{ chart.series.signature }}
{%- if chart.series.entries[-1].pairs %}; {{ chart.series.entries[-1].pairs }} pairs{% endif %}</small></p>
<img alt="{{ chart.series.key }} over checkpoints" src="data:image/png;base64,{{ chart.picture }}">
{% if chart.jumps %}
<ul>
{% for jump in chart.jumps %}
<li><span class="{{ jump.word }}">{{ jump.word }}</span> since {{ jump.at }}:
{{ "%.5g"|format(jump.before) }} to {{ "%.5g"|format(jump.after) }}</li>
{% endfor %}
</ul>
{% endif %}
{% endfor %}
<h2>Checkpoints</h2>
<table><tr><th>Time</th><th>Commit</th><th>Checkpoint</th><th>Method</th><th>Protocol</th><th>Verdict</th></tr>
{% for line in lines %}
<tr><td>{{ line.time }}</td><td>{{ (line.commit or "-")[:10] }}</td><td>{{ (line.checkpoint_sha256 or "-")[:10] }}</td>
<td>{{ line.title }}</td><td>{{ line.protocol }}</td>
<td class="{{ line.outcome }}">{{ line.outcome.replace("_", " ") }}</td></tr>
{% endfor %}
</table></body></html>
"""
