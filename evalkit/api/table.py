"""`ek.table`: the table of some runs, for notebooks, papers and pandas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.api.finished import Run, path_of
from evalkit.api.html import Text, grid
from evalkit.errors import UnknownNameError
from evalkit.runs.common_frames import common_note, on_common_frames
from evalkit.tables.cells import ARROWS, Cell, Column, headings, interval, number
from evalkit.tables.extra_columns import TIMES
from evalkit.tables.formats import FORMATS
from evalkit.tables.make import make_table
from evalkit.tables.options import TableOptions
from evalkit.tables.results import read_measured
from evalkit.tables.table import Table
from evalkit.tables.words import Bold, Intervals, Style

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ResultTable:
    """A table of results: `str()` is markdown, a notebook shows it as a table. `table` is what it holds."""

    table: Table

    def to_text(self, format: str = "markdown") -> str:
        """As `evalkit table --format` prints it: "markdown", "latex", "csv", "json", "html" or "typst".

        Raises `UnknownNameError` for another format.
        """
        if format not in FORMATS:
            raise UnknownNameError("table format", format, FORMATS)
        return FORMATS[format](self.table)

    def to_pandas(self) -> "pd.DataFrame":
        """Unrounded values, a row per method and a column per metric, NaN where there is none; needs `report`."""
        import pandas as pd

        named = headings(self.table.columns)
        rows = {title: [cell.value for cell in cells] for title, cells in self.table.rows}
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(named), dtype=float)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """As notebooks show it: best values bold, second ones underlined, incomplete coverage in brackets."""
        columns = self.table.columns
        named = [f"{heading} {ARROWS[c.better]}" for heading, c in zip(headings(columns), columns, strict=True)]
        rows = [
            [
                Text(title),
                *(_shown(cell, column, self.table.look.intervals) for cell, column in zip(cells, columns, strict=True)),
            ]
            for title, cells in self.table.rows
        ]
        return grid([self.table.stub, *named], rows, [self.table.caption, *self.table.footnotes])


def _shown(cell: Cell, column: Column, intervals: Intervals) -> Text:
    partial = f" ({cell.coverage:.1%})" if cell.coverage is not None and cell.coverage < 1 else ""
    return Text(f"{number(cell, column)}{cell.notes}{interval(cell, column, intervals)}{partial}", cell.mark)


def table(
    *runs: Run | str | Path,
    style: Style = "plain",
    ours: str | None = None,
    metrics: Sequence[str] = (),
    sort: str = "given",
    rename: Mapping[str, str] | None = None,
    anchors: bool = True,
    intervals: Intervals = "none",
    costs: bool = False,
    bold: Bold = "interval",
    common_frames: bool = False,
) -> ResultTable:
    """The table of some runs: `evalkit table` for programs.

    Args:
        runs: runs or their folders. `ek.table(run, *run.anchors)` has the anchors in it.
        style: "plain" for one protocol, "paper" for a column group per protocol, "ablation" for tagged runs of one
            method.
        ours: the method whose row comes last.
        metrics: columns in this order, a key or an id for all its variants; none: all that the runs have.
        sort: rows as "given", by "id", or by a metric, best first.
        rename: id of a method, metric or protocol -> the name to print.
        anchors: whether rows that only mark the ends of the scale are printed.
        intervals: "half" for half of the 95 % interval behind the values, "range" for both its ends.
        costs: latency and peak memory beside the frames per second.
        bold: "interval" for the best value and those within its interval, "value" for the best value alone.
        common_frames: compare methods on the frames that all rows have a value for.

    Raises `RunError` when runs cannot share a table: another protocol, data, or signature of a metric.

    >>> import evalkit as ek
    >>> ek.table()
    Traceback (most recent call last):
    evalkit.errors.RunError: A table needs at least one run folder.
    """
    folders = [path_of(run) for run in runs]
    results = on_common_frames(folders) if common_frames else [read_measured(path) for path in folders]
    options = TableOptions(
        style=style,
        ours=ours,
        metrics=tuple(metrics),
        sort=sort,
        rename=rename or {},
        anchors=anchors,
        intervals=intervals,
        columns=TIMES if costs else None,
        bold=bold,
    )
    return ResultTable(make_table(results, options, notes=common_note(results) if common_frames else ()))
