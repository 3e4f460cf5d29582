"""Tables: rows are methods, columns metrics; best and second are marked, the caption says what it is.

Ranks are taken on unrounded values, and exact ties share a rank. A number below the protocol's coverage floor, from a
run that is not complete, of an anchor, or no better than an anchor that does nothing is marked and never ranked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from evalkit.errors import RunError
from evalkit.metrics import METRICS
from evalkit.records.run import Summary
from evalkit.tables.cells import NOTHING, Cell, Column
from evalkit.tables.prepared import prepared_notes
from evalkit.tables.ranking import Bold, beats, floors, rank_columns, shares_bold
from evalkit.tables.results import Measured, by_protocol, find_row, read_measured, refuse_unlike
from evalkit.tables.uncertainty import interval_notes

Style = Literal["plain", "paper", "ablation"]
STYLES: tuple[Style, ...] = ("plain", "paper", "ablation")


@dataclass(frozen=True)
class Section:
    """A rule above row `start`, with a heading or none. `reported` rows come from a paper and are set apart."""

    start: int
    title: str = ""
    reported: bool = False


@dataclass(frozen=True)
class Table:
    """Rows in the order given: (title, cells). `caption` says what the numbers are, `footnotes` explain the signs."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    caption: str
    footnotes: tuple[str, ...]
    sections: tuple[Section, ...] = ()


LOW_COVERAGE, INCOMPLETE, OTHER_MACHINE, FLAGGED, ANCHOR, NO_GAIN = "*", "†", "‡", "§", "¶", "‖"
_FOOTNOTES = {
    LOW_COVERAGE: "coverage below the protocol's floor; not ranked",
    INCOMPLETE: "not all pairs of the protocol; not ranked",
    OTHER_MACHINE: "timed on different machines or precisions; not ranked",
    FLAGGED: "added to the leaderboard with --force; not ranked",
    ANCHOR: "anchor: marks one end of the scale; not ranked",
    NO_GAIN: "no better than an anchor that does nothing; not ranked",
}
UNEVEN = "°"
"""Behind the title of a column whose rows differ in coverage by more than `UNEVEN_BY`."""
UNEVEN_BY = 0.01


def build_table(
    runs: Sequence[Path],
    *,
    style: Style = "plain",
    ours: str | None = None,
    costs: bool = False,
    bold: Bold = "interval",
) -> Table:
    """The table of some run folders.

    "plain" and "ablation" take runs of one protocol; "paper" gives each protocol a column group. "ablation" takes runs
    of one method, names rows by their tags, and puts the untagged run last. `ours` (a method's id or title) comes last.
    With `costs`, latency and peak memory stand beside the frames per second. `bold` says whether values within the
    interval of the best one are bold too.

    Raises `RunError` when a folder is not a finished run, when protocol hash, data, or a metric's signature differ
    between two runs of a protocol, or when two runs have one name; `UnknownNameError` when `ours` is not among them.
    """
    return arranged([read_measured(path) for path in runs], style=style, ours=ours, costs=costs, bold=bold)


def arranged(
    results: Sequence[Measured],
    *,
    style: Style = "plain",
    ours: str | None = None,
    costs: bool = False,
    bold: Bold = "interval",
) -> Table:
    """As `build_table` of results that have been read."""
    if not results:
        raise RunError("A table needs at least one run folder.")
    if style == "ablation":
        return table_of(_ablation(results), ours=FULL, costs=costs, bold=bold)
    if style == "plain":
        refuse_unlike(results)
    return table_of(results, ours=ours, costs=costs, bold=bold)


def table_of(
    results: Sequence[Measured], *, ours: str | None = None, costs: bool = False, bold: Bold = "interval"
) -> Table:
    """The table of some results, one column group per protocol. Raises as `build_table` does."""
    groups = by_protocol(results)
    titles, last = _order(results, ours)
    columns: list[Column] = []
    rows: list[list[Cell]] = [[] for _ in titles]
    for group in groups.values():
        found, cells = _block(group, group[0].heading if len(groups) > 1 else "", costs)
        columns += found
        for title, row in zip(titles, rows, strict=True):
            row += cells.get(title, [NOTHING] * len(found))
    rank_columns(columns, rows, bold)
    columns = [_with_sign(column, [row[index] for row in rows]) for index, column in enumerate(columns)]
    used = {sign for row in rows for cell in row for sign in cell.notes}
    shown = [f"{title} (ours)" if title == last and last != FULL else title for title in titles]
    return Table(
        tuple(columns),
        tuple((title, tuple(row)) for title, row in zip(shown, rows, strict=True)),
        _caption(groups) + (_conditions(results) if costs else ""),
        (
            *(f"{sign} {text}" for sign, text in _FOOTNOTES.items() if sign in used),
            *_shared(columns, rows),
            *_uneven(columns, rows),
            *interval_notes(list(groups.values())),
            *prepared_notes(results),
        ),
        (Section(len(titles) - 1),) if last and len(titles) > 1 else (),
    )


FULL = "Full"


def _ablation(results: Sequence[Measured]) -> list[Measured]:
    """Results of one method whose rows are their tags."""
    refuse_unlike(results)
    methods = list(dict.fromkeys(result.method for result in results))
    if len(methods) > 1:
        raise RunError(f"An ablation table holds runs of one method; these are of {', '.join(methods)}.")
    if all(result.tag for result in results):
        raise RunError(f"An ablation table needs the run of {methods[0]} without a tag: the full method.")
    return [replace(result, title=result.tag or FULL) for result in results]


def _order(results: Sequence[Measured], ours: str | None) -> tuple[list[str], str | None]:
    """Row titles in the order given, with ours last, and the title of ours."""
    titles = list(dict.fromkeys(result.title for result in results))
    if ours is None:
        return titles, None
    chosen = find_row(results, ours)
    return [title for title in titles if title != chosen] + [chosen], chosen


def _block(group: Sequence[Measured], heading: str, costs: bool) -> tuple[list[Column], dict[str, list[Cell]]]:
    """Columns and cells (by row title) of the results of one protocol."""
    keys = list(dict.fromkeys(key for result in group for key in result.summary.metrics))
    columns = [_column(key, group, heading) for key in keys]
    least = floors(group)
    cells = {
        result.title: [_against(_cell(result, c.key), c, least.get(c.key), result.anchor) for c in columns]
        for result in group
    }
    if any(result.fps for result in group):
        machines = {result.machine for result in group if result.fps}
        notes = OTHER_MACHINE if len(machines) > 1 else ""
        for column, read in _COSTS if costs else _COSTS[:1]:
            columns.append(replace(column, group=heading))
            for result in group:
                value = read(result)
                signs = notes + _signs(result) if value else ""
                cells[result.title].append(Cell(value, "", None, None, None, signs))
    return columns, cells


_COSTS: tuple[tuple[Column, Callable[[Measured], float | None]], ...] = (
    (Column("fps", "FPS", "higher", "", 1), lambda result: result.fps),
    (Column("latency", "Latency (ms)", "lower", "ms", 1), lambda result: result.costs.latency_ms),
    (Column("peak_memory", "Memory (MB)", "lower", "MB", 0), lambda result: result.costs.peak_memory_mb),
)


def _conditions(results: Sequence[Measured]) -> str:
    """Device and precision, frames at a time, warm-up and kind of memory, without which costs say little."""
    timed = [result for result in results if result.fps]
    facts = (
        ("Timed on", (result.machine for result in timed)),
        ("Frames per step:", (f"{r.title} {r.costs.batch}" if r.costs.batch else "" for r in timed)),
        ("Warm-up:", (result.costs.warm_up for result in timed)),
        ("Memory:", (result.costs.memory_of for result in timed if result.costs.peak_memory_mb is not None)),
    )
    stated = ((name, [text for text in dict.fromkeys(texts) if text]) for name, texts in facts)
    return "".join(f" {name} {'; '.join(texts)}." for name, texts in stated if texts)


def _column(key: str, group: Sequence[Measured], heading: str) -> Column:
    entry = next(r.summary.metrics[key] for r in group if key in r.summary.metrics)
    decimals = METRICS[key].decimals if key in METRICS else 3
    first = group[0]
    place = (heading, first.summary.task, first.dataset)
    return Column(key, entry.title, entry.better, entry.unit, decimals, *place)


def _cell(result: Measured, key: str) -> Cell:
    entry = result.summary.metrics.get(key)
    if entry is None or entry.value is None:
        measured = entry is not None and entry.status != "unavailable"
        return Cell(None, "", entry.coverage if entry and measured else None, None, None, "")
    notes = LOW_COVERAGE if entry.status == "low_coverage" else ""
    notes += "" if result.summary.complete else INCOMPLETE
    notes += _signs(result)
    return Cell(
        entry.value,
        "",
        entry.coverage,
        entry.ci_low,
        entry.ci_high,
        notes,
        word=entry.ci_word,
        skewed=entry.skewed,
    )


def _against(cell: Cell, column: Column, floor: float | None, anchor: bool) -> Cell:
    """`cell` with a sign where it does not beat what an anchor reaches without doing anything."""
    if anchor or floor is None or cell.value is None or beats(cell.value, floor, column):
        return cell
    return replace(cell, notes=cell.notes + NO_GAIN)


def _with_sign(column: Column, cells: Sequence[Cell]) -> Column:
    shares = _coverages(cells)
    return replace(column, sign=UNEVEN) if shares and max(shares) - min(shares) > UNEVEN_BY else column


def _coverages(cells: Sequence[Cell]) -> list[float]:
    """Of the numbers of a column that no sign says were scored on too few frames."""
    numbers = [cell for cell in cells if cell.value is not None and LOW_COVERAGE not in cell.notes]
    return [cell.coverage for cell in numbers if cell.coverage is not None]


def _uneven(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """A line about the columns whose rows were not scored on the same frames."""
    told = []
    for index, column in enumerate(columns):
        if column.sign:
            shares = _coverages([row[index] for row in rows])
            of = f"{column.group}: " if column.group else ""
            told.append(f"{of}{column.key} {min(shares):.1%} to {max(shares):.1%}")
    if not told:
        return []
    return [f"{UNEVEN} rows were scored on different shares of the frames, which biases values: {', '.join(told)}"]


def _shared(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
    return ["bold: the best value and those within its 95 % interval"] if shares_bold(columns, rows) else []


def _signs(result: Measured) -> str:
    return (FLAGGED if result.flags else "") + (ANCHOR if result.anchor else "")


def _caption(groups: dict[str, list[Measured]]) -> str:
    parts = [_described([result.summary for result in group]) for group in groups.values()]
    keys = dict.fromkeys(key for group in groups.values() for result in group for key in result.summary.metrics)
    return f"{'; '.join(parts)}. Metrics: {', '.join(keys)}."


def _described(summaries: Sequence[Summary]) -> str:
    """Task, protocol with version and hash, and the number of pairs."""
    first = summaries[0]
    ns = sorted({e.n for s in summaries for e in s.metrics.values() if e.status != "unavailable"})
    n = "0" if not ns else str(ns[0]) if len(ns) == 1 else f"{ns[0]}-{ns[-1]}"
    task = first.task.replace("_", "-").capitalize()
    protocol = f"{first.protocol} v{first.protocol_version} ({first.protocol_hash[:8]})"
    people = max((e.people for s in summaries for e in s.metrics.values()), default=0)
    of = "" if not people else ", 1 person" if people == 1 else f", {people} people"
    return f"{task}, protocol {protocol}, N = {n} of {first.pairs.protocol} pairs{of}"
