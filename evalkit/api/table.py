"""`ek.table`: the table of some runs, for notebooks, papers and pandas."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

from evalkit.api.finished import Run, path_of
from evalkit.base.places import cache_dir
from evalkit.errors import RunError, UnknownNameError
from evalkit.leaderboard.entry import read_result
from evalkit.runs.common_frames import common_note, on_common_frames
from evalkit.runs.slices.conditions import read_attributes
from evalkit.runs.slices.sliced import sliced
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.tables.cells import headings
from evalkit.tables.extra_columns import TIMES
from evalkit.tables.formats import FORMATS, text_of
from evalkit.tables.html import fragment
from evalkit.tables.make import make_table
from evalkit.tables.options import TableOptions
from evalkit.tables.table import Table, headed
from evalkit.tables.words import Bold, Intervals, Style

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """As notebooks show it, and as `to_text("html")` has it in a page of its own."""
        return fragment(self.table)


@dataclass(frozen=True, repr=False)
class GroupedTables:
    """A table per group of driving frames, in the order of groups; `headings` say which, and how many frames."""

    headings: tuple[str, ...]
    tables: tuple[ResultTable, ...]

    def to_text(self, format: str = "markdown") -> str:
        """As `evalkit table --by` prints them. Raises `UnknownNameError` for an unknown format."""
        return text_of([one.table for one in self.tables], format, paper=False, standalone=False)

    def to_pandas(self) -> "pd.DataFrame":
        """Unrounded values, a row per group and method; needs `report`."""
        import pandas as pd

        frames = [one.to_pandas() for one in self.tables]
        return pd.concat(frames, keys=self.headings, names=["group", "method"])

    def __iter__(self) -> Iterator[ResultTable]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """As notebooks show them: one below the other."""
        return "".join(fragment(one.table) for one in self.tables)


@overload
def table(
    *runs: Run | str | Path,
    style: Style = ...,
    ours: str | None = ...,
    metrics: Sequence[str] = ...,
    sort: str = ...,
    rename: Mapping[str, str] | None = ...,
    anchors: bool = ...,
    intervals: Intervals = ...,
    costs: bool = ...,
    bold: Bold = ...,
    common_frames: bool = ...,
    by: None = ...,
    attributes: str | Path | None = ...,
    data: str | Path | None = ...,
) -> ResultTable: ...


@overload
def table(
    *runs: Run | str | Path,
    style: Style = ...,
    ours: str | None = ...,
    metrics: Sequence[str] = ...,
    sort: str = ...,
    rename: Mapping[str, str] | None = ...,
    anchors: bool = ...,
    intervals: Intervals = ...,
    costs: bool = ...,
    bold: Bold = ...,
    common_frames: bool = ...,
    by: str,
    attributes: str | Path | None = ...,
    data: str | Path | None = ...,
) -> GroupedTables: ...


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
    by: str | None = None,
    attributes: str | Path | None = None,
    data: str | Path | None = None,
) -> ResultTable | GroupedTables:
    """The table of some runs: `evalkit table` for programs.

    Args:
        runs: runs or their folders, or files of rows of a leaderboard. `ek.table(run, *run.anchors)` has the anchors
            in it.
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
        by: a table per group of driving frames: "yaw", "pitch", "roll", "pose_gap", "motion", "position", or an
            attribute of the dataset or of the file `attributes` ("source." before its name: of source clips).
        attributes: a CSV file with the columns clip, attribute, value.
        data: where the clips of the runs are, if not where they were.

    Raises `UnknownNameError` for an unknown grouping, and `RunError` when runs cannot share a table: another protocol,
    data, or signature of a metric.

    >>> import evalkit as ek
    >>> ek.table()
    Traceback (most recent call last):
    evalkit.errors.RunError: A table needs at least one run folder.
    """
    folders = [path_of(run) for run in runs]
    if by is not None and common_frames:
        raise RunError("by= makes tables of groups of frames; common_frames= is of whole protocols. Leave one out.")
    results = on_common_frames(folders) if common_frames else [read_result(path) for path in folders]
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
    if by is not None:
        labels = read_attributes(Path(attributes)) if attributes is not None else {}
        root = Path(data) if data is not None else None
        parts = sliced(folders, by, FeatureBank(FeatureCache(cache_dir())), labels, root)
        built = tuple(ResultTable(headed(make_table(part.results, options), part.heading)) for part in parts)
        return GroupedTables(tuple(part.heading for part in parts), built)
    return ResultTable(make_table(results, options, notes=common_note(results) if common_frames else ()))
