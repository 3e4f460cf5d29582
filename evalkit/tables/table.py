"""Tables: rows are methods, columns metrics; best and second are marked, the caption says what it is.

Ranks are taken on unrounded values, and exact ties share a rank. A number below the protocol's coverage floor, from a
run that is not complete, of an anchor, or no better than an anchor that does nothing is marked and never ranked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.errors import RunError
from evalkit.metrics import METRICS
from evalkit.records.run import Summary
from evalkit.tables.cells import NOTHING, PLAIN, Cell, Column, Look
from evalkit.tables.extra_columns import conditions, extra_cell, extra_column
from evalkit.tables.following import following_notes
from evalkit.tables.options import DEFAULTS, TableOptions
from evalkit.tables.prepared import prepared_notes
from evalkit.tables.ranking import beats, floors, rank_columns, shares_bold
from evalkit.tables.results import Measured, by_protocol, read_measured, refuse_unlike
from evalkit.tables.rows import chosen, in_order, matching, with_anchors
from evalkit.tables.uncertainty import interval_notes
from evalkit.tables.words import Extra


@dataclass(frozen=True)
class Section:
    """A rule above row `start`, with a heading or none. `reported` rows come from a paper and are set apart."""

    start: int
    title: str = ""
    reported: bool = False


@dataclass(frozen=True)
class Table:
    """Rows in the order given: (title, cells). `caption` says what the numbers are, `footnotes` explain the signs.

    `stub` is the heading of the titles.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    caption: str
    footnotes: tuple[str, ...]
    sections: tuple[Section, ...] = ()
    look: Look = PLAIN
    stub: str = "Method"


LOW_COVERAGE, INCOMPLETE, OTHER_MACHINE, FLAGGED, ANCHOR, NO_GAIN = "*", "†", "‡", "§", "¶", "‖"
_FOOTNOTES = {
    LOW_COVERAGE: "coverage below the protocol's floor; not ranked",
    INCOMPLETE: "not all pairs of the protocol; not ranked",
    OTHER_MACHINE: "timed on different machines or precisions; not ranked",
    FLAGGED: "not fit for a leaderboard; not ranked",
    ANCHOR: "anchor: marks one end of the scale; not ranked",
    NO_GAIN: "no better than an anchor that does nothing; not ranked",
}
UNEVEN = "°"
"""Behind the title of a column whose rows differ in coverage by more than `UNEVEN_BY`."""
UNEVEN_BY = 0.01


def build_table(runs: Sequence[Path], options: TableOptions = DEFAULTS) -> Table:
    """The table of some run folders.

    "plain" and "ablation" take runs of one protocol; "paper" gives each protocol a column group. "ablation" takes runs
    of one method, names rows by their tags, and puts the untagged run last.

    Raises `RunError` when a folder is not a finished run, when protocol hash, data, or a metric's signature differ
    between two runs of a protocol, or when two runs have one name; `UnknownNameError` for a name in `options` that is
    not among them.
    """
    return arranged([read_measured(path) for path in runs], options)


def arranged(results: Sequence[Measured], options: TableOptions = DEFAULTS) -> Table:
    """As `build_table` of results that have been read; beside rows of a leaderboard, every row says its status."""
    if not results:
        raise RunError("A table needs at least one run folder.")
    if options.columns is None and any(result.status for result in results):
        options = options.model_copy(update={"columns": (*_extras(results, options), "status")})
    if options.style == "ablation":
        return table_of(_ablation(results), options.model_copy(update={"ours": FULL}))
    if options.style == "plain":
        refuse_unlike(results)
    return table_of(results, options)


def headed(table: Table, heading: str) -> Table:
    """The table with words before its caption."""
    return replace(table, caption=f"{heading}. {table.caption}")


def table_of(results: Sequence[Measured], options: TableOptions = DEFAULTS) -> Table:
    """The table of some results, one column group per protocol. Raises as `build_table` does."""
    results = chosen(results, options)
    groups = by_protocol(results)
    shown = {name: with_anchors(group, options.anchors) for name, group in groups.items()}
    columns: list[Column] = []
    cells: dict[str, list[Cell]] = {}
    for group in groups.values():
        found, of_rows = _block(group, group[0].heading if len(groups) > 1 else "", options)
        for title in dict.fromkeys(result.title for group in shown.values() for result in group):
            cells.setdefault(title, [NOTHING] * len(columns)).extend(of_rows.get(title, [NOTHING] * len(found)))
        columns += found
    rows_of = [result for group in shown.values() for result in group]
    titles, last = in_order(rows_of, columns, cells, options)
    rows = [cells[title] for title in titles]
    rank_columns(columns, rows, options.bold)
    columns = [_with_sign(column, [row[index] for row in rows]) for index, column in enumerate(columns)]
    used = {sign for row in rows for cell in row for sign in cell.notes}
    printed = [f"{title} (ours)" if title == last and last != FULL else title for title in titles]
    timed = any(column.key in ("latency", "peak_memory") for column in columns)
    described = _caption(shown) + (conditions(rows_of) if timed else "")
    return Table(
        tuple(columns),
        tuple((title, tuple(row)) for title, row in zip(printed, rows, strict=True)),
        options.caption or described,
        (
            *((described,) if options.caption else ()),
            *(f"{sign} {text}" for sign, text in _FOOTNOTES.items() if sign in used),
            *_against_truth(columns, groups),
            *_shared(columns, rows),
            *_uneven(columns, rows),
            *_meaning(rows, options),
            *interval_notes(list(shown.values())),
            *prepared_notes(rows_of),
            *following_notes(list(shown.values())),
        ),
        (Section(len(titles) - 1),) if last and len(titles) > 1 else (),
        options.look,
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


def _block(
    group: Sequence[Measured], heading: str, options: TableOptions
) -> tuple[list[Column], dict[str, list[Cell]]]:
    """Columns and cells (by row title) of the results of one protocol."""
    keys = list(dict.fromkeys(key for result in group for key in result.summary.metrics))
    if options.metrics:
        keys.sort(key=[key for name in options.metrics for key in matching(name, keys)].index)
    columns = [_column(key, group, heading) for key in keys]
    least = floors(group)
    cells = {
        result.title: [_against(_cell(result, c.key), c, least.get(c.key), result.anchor) for c in columns]
        for result in group
    }
    elsewhere = OTHER_MACHINE if len({result.machine for result in group if result.fps}) > 1 else ""
    for name in _extras(group, options):
        columns.append(extra_column(name, heading))
        for result in group:
            cells[result.title].append(extra_cell(name, result, elsewhere + _signs(result)))
    return columns, cells


def _extras(group: Sequence[Measured], options: TableOptions) -> Sequence[Extra]:
    if options.columns is not None:
        return options.columns
    return ("fps",) if not options.metrics and any(result.fps for result in group) else ()


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


def _against_truth(columns: Sequence[Column], groups: Mapping[str, Sequence[Measured]]) -> list[str]:
    """A line that names the columns whose numbers are differences from the true clip, not from the driving one."""
    told = []
    for group in groups.values():
        heading = group[0].heading if len(groups) > 1 else ""
        keys = {key for result in group for key, entry in result.summary.metrics.items() if of_truth(entry.signature)}
        names = [column.key for column in columns if column.group == heading and column.key in keys]
        if names:
            told.append((f"{heading}: " if heading else "") + ", ".join(names))
    return [f"against the true clip (the source person making the driving motion): {'; '.join(told)}"] if told else []


def of_truth(signature: str | None) -> bool:
    """Whether a number with this signature is a comparison with the true clip."""
    return bool(signature) and "vs truth" in str(signature).split("|")


def _shared(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
    return ["bold: the best value and those within its 95 % interval"] if shares_bold(columns, rows) else []


def _meaning(rows: Sequence[Sequence[Cell]], options: TableOptions) -> list[str]:
    """What stands behind the numbers, where something does."""
    said = {"half": "±: half of the 95 % interval", "range": "in brackets: the 95 % interval"}
    there = any(cell.low is not None for row in rows for cell in row)
    return [said[options.intervals]] if there and options.intervals != "none" else []


def _signs(result: Measured) -> str:
    return (FLAGGED if result.flags else "") + (ANCHOR if result.anchor else "")


def _caption(groups: Mapping[str, Sequence[Measured]]) -> str:
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
