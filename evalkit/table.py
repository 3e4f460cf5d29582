"""Tables of runs: rows are methods, columns metrics; best and second are marked, the caption says what it is.

Ranks are taken on unrounded values, and exact ties share a rank. A number below the protocol's coverage floor, or from
a run that is not complete, is marked and never ranked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evalkit.errors import RunError
from evalkit.metrics import METRICS
from evalkit.runfolder import read_header, read_summary

Mark = Literal["best", "second", ""]


@dataclass(frozen=True)
class Column:
    """One metric: its key, title, direction, unit and printed decimals."""

    key: str
    title: str
    better: Literal["higher", "lower"]
    unit: str
    decimals: int


@dataclass(frozen=True)
class Cell:
    """One number: value or None, its rank mark, coverage, interval and footnote signs."""

    value: float | None
    mark: Mark
    coverage: float | None
    low: float | None
    high: float | None
    notes: str


@dataclass(frozen=True)
class Table:
    """Rows in the order given: (title, cells). `caption` says what the numbers are, `footnotes` explain the signs."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    caption: str
    footnotes: tuple[str, ...]


LOW_COVERAGE, INCOMPLETE = "*", "†"
_FOOTNOTES = {
    LOW_COVERAGE: "coverage below the protocol's floor; not ranked",
    INCOMPLETE: "not all pairs of the protocol; not ranked",
}


def build_table(runs: Sequence[Path]) -> Table:
    """The table of some run folders.

    Raises `RunError` when a folder is no finished run, when protocol hash, data, or a metric's signature differ
    between two runs, or when two runs have one name.
    """
    if not runs:
        raise RunError("A table needs at least one run folder.")
    summaries = [read_summary(path) for path in runs]
    _refuse_unlike(runs, summaries)
    titles = _titles(runs, summaries)
    keys = list(dict.fromkeys(key for summary in summaries for key in summary["metrics"]))
    columns = [_column(key, summaries) for key in keys]
    cells = [[_cell(summary, column) for column in columns] for summary in summaries]
    speeds = [read_header(path)["timings"]["fps"] for path in runs]
    if any(speeds):
        columns.append(Column("fps", "FPS", "higher", "", 1))
        for row, speed in zip(cells, speeds, strict=True):
            row.append(Cell(speed, "", None, None, None, ""))
    _rank(columns, cells)
    used = {sign for row in cells for cell in row for sign in cell.notes}
    return Table(
        tuple(columns),
        tuple((title, tuple(row)) for title, row in zip(titles, cells, strict=True)),
        _caption(summaries, keys),
        tuple(f"{sign} {text}" for sign, text in _FOOTNOTES.items() if sign in used),
    )


def _refuse_unlike(runs: Sequence[Path], summaries: Sequence[dict[str, Any]]) -> None:
    first = summaries[0]
    for path, summary in zip(runs[1:], summaries[1:], strict=True):
        for key, what in (("protocol_hash", "protocol"), ("data_hash", "data")):
            if summary[key] != first[key]:
                there, here = (f"{s['protocol']} {s[key][:12]}, {s['pairs']['run']} pairs" for s in (first, summary))
                raise RunError(f"{runs[0]} and {path} cannot share a table: their {what} differs ({there}; {here}).")
        for key, entry in summary["metrics"].items():
            other = first["metrics"].get(key)
            known = other and other["signature"] and entry["signature"]
            if known and other["signature"] != entry["signature"]:
                differ = f"{other['signature']} there, {entry['signature']} here"
                raise RunError(f"{runs[0]} and {path} cannot share the column {key}: {differ}.")


def _titles(runs: Sequence[Path], summaries: Sequence[dict[str, Any]]) -> list[str]:
    """Method titles; the folder name where two would be alike."""
    titles = [
        summary["title"] + (f" ({path.name.partition('@')[2]})" if "@" in path.name else "")
        for path, summary in zip(runs, summaries, strict=True)
    ]
    for title in titles:
        if titles.count(title) > 1:
            raise RunError(f"Two runs have the row name {title!r}. Run one of them again with --tag NAME.")
    return titles


def _column(key: str, summaries: Sequence[dict[str, Any]]) -> Column:
    entry = next(s["metrics"][key] for s in summaries if key in s["metrics"])
    decimals = METRICS[key].decimals if key in METRICS else 3
    return Column(key, entry["title"], entry["better"], entry["unit"], decimals)


def _cell(summary: dict[str, Any], column: Column) -> Cell:
    entry = summary["metrics"].get(column.key)
    if entry is None or entry["value"] is None:
        measured = entry is not None and entry["status"] != "unavailable"
        return Cell(None, "", entry["coverage"] if measured else None, None, None, "")
    notes = LOW_COVERAGE if entry["status"] == "low_coverage" else ""
    notes += "" if summary["complete"] else INCOMPLETE
    return Cell(entry["value"], "", entry["coverage"], entry["ci_low"], entry["ci_high"], notes)


def _rank(columns: Sequence[Column], cells: list[list[Cell]]) -> None:
    """Mark best and second per column among cells without footnotes; a column with one such cell has no best."""
    for index, column in enumerate(columns):
        values = [row[index].value for row in cells if row[index].value is not None and not row[index].notes]
        order = sorted({v for v in values if v is not None}, reverse=column.better == "higher")
        if len(values) < 2:
            continue
        places: tuple[Mark, Mark] = ("best", "second")
        marks: dict[float, Mark] = dict(zip(order, places, strict=False))
        for row in cells:
            cell = row[index]
            if cell.value is not None and not cell.notes:
                row[index] = Cell(cell.value, marks.get(cell.value, ""), cell.coverage, cell.low, cell.high, cell.notes)


def _caption(summaries: Sequence[dict[str, Any]], keys: Sequence[str]) -> str:
    first = summaries[0]
    ns = sorted({e["n"] for s in summaries for e in s["metrics"].values() if e["status"] != "unavailable"})
    n = str(ns[0]) if len(ns) == 1 else f"{ns[0]}-{ns[-1]}"
    task = first["task"].replace("_", "-")
    protocol = f"{first['protocol']} v{first['protocol_version']} ({first['protocol_hash'][:8]})"
    of = f"N = {n} of {first['pairs']['protocol']} pairs"
    return f"{task.capitalize()}, protocol {protocol}, {of}. Metrics: {', '.join(keys)}."
