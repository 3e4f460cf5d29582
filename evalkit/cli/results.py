"""How `run` and `score` report: a table, the folder, the picture, and everything that went wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.markup import escape

from evalkit.cli.console import print_grid
from evalkit.cli.echo import echo, say, warn
from evalkit.metrics import METRICS
from evalkit.records.all_outcomes import read_outcomes
from evalkit.runs.run import Finished
from evalkit.runs.session import Session
from evalkit.scoring.availability import missing_networks, networks_under
from evalkit.tables.cells import ARROWS, NOTHING, Cell, Column, headings, number
from evalkit.tables.table import Table, build_table

_SHOWN_FAILURES = 10
_SHOWN_NOTES, _SHOWN_PAIRS = 10, 3
_NUMBERS = re.compile(r" \([^)]*\)")
"""What differs from pair to pair in a note is in brackets."""


def print_results(finished: Sequence[Finished]) -> None:
    """Table of the runs on stdout, without columns that no run could measure, then where they are."""
    table = _measured(build_table([run.folder.path for run in finished]))
    named = zip(headings(table.columns), table.columns, strict=True)
    header = ["Method", *(escape(f"{heading} {ARROWS[column.better]}") for heading, column in named)]
    rows = [
        [escape(title), *(_cell(cell, column) for cell, column in zip(cells, table.columns, strict=True))]
        for title, cells in table.rows
    ]
    print_grid(header, rows)
    print_lines([table.caption, *table.footnotes])
    for run in finished:
        print_lines([f"Run folder:    {run.folder.path}", f"Contact sheet: {run.folder.contact_sheet}"])


def _measured(table: Table) -> Table:
    rows = [cells for _, cells in table.rows]
    kept = [i for i in range(len(table.columns)) if any(row[i] != NOTHING for row in rows)]
    columns = tuple(table.columns[i] for i in kept)
    return replace(table, columns=columns, rows=tuple((t, tuple(cells[i] for i in kept)) for t, cells in table.rows))


def report_data(session: Session) -> None:
    """Say on stderr what a data folder of the user's holds, what of it is left out, and what was taken for what."""
    found = session.found
    if found is not None and found.ignored is not None:
        first, *others = found.lines()
        say(f"Data: {first}.")
        for line in others:
            say(line)


def report_failures(finished: Finished) -> None:
    """Say on stderr which metrics could not be computed, that pairs are missing, and which failed and why."""
    unavailable = {key: e.reason for key, e in finished.summary.metrics.items() if e.status == "unavailable"}
    for line in _why_unavailable(unavailable):
        warn(line)
    for key, entry in finished.summary.metrics.items():
        if entry.status == "nothing_scored":
            for note in entry.notes:
                warn(f"{key} has no value: {note}.")
    pairs = finished.summary.pairs
    if not finished.summary.complete:
        warn(
            f"Not every pair of the protocol was scored, {pairs.scored} of {pairs.protocol}: leaderboards and "
            f"gates refuse this result of {finished.summary.title}."
        )
    failed = pairs.failed
    if not failed:
        return
    warn(f"{finished.summary.title}: {len(failed)} of {pairs.run} pairs failed:")
    for pair in failed[:_SHOWN_FAILURES]:
        outcome = finished.folder.read_outcome(pair)
        warn(f"  {pair}: {outcome.reason if outcome else 'no outcome'}")
    if len(failed) > _SHOWN_FAILURES:
        warn(f"  ... and {len(failed) - _SHOWN_FAILURES} more; see {finished.folder.clips}")


def _why_unavailable(reasons: Mapping[str, str | None]) -> list[str]:
    """Metric key -> why: one line for all that lack a network, with one way to get them all, and one for each other."""
    lacking = [key for key in reasons if key in METRICS and missing_networks(networks_under(METRICS[key]))]
    lines = [f"{key} is unavailable. {reason}" for key, reason in reasons.items() if key not in lacking[1:]]
    if len(lacking) > 1:
        remedy = missing_networks(name for key in lacking for name in networks_under(METRICS[key]))
        alone = f"{lacking[0]} is unavailable. {reasons[lacking[0]]}"
        lines[lines.index(alone)] = f"{', '.join(lacking[:-1])} and {lacking[-1]} are unavailable. {remedy}"
    return lines


def report_notes(finished: Finished) -> None:
    """Say on stderr what a reader of the scores has to know of the clips, each note once, with its pairs."""
    pairs: dict[str, list[str]] = {}
    for name, outcome in sorted(read_outcomes(finished.folder).items()):
        for note in outcome.notes if outcome.status == "ok" else ():
            pairs.setdefault(_NUMBERS.sub("", note), []).append(name)
    for note, found in list(pairs.items())[:_SHOWN_NOTES]:
        more = f" and {len(found) - _SHOWN_PAIRS} more" if len(found) > _SHOWN_PAIRS else ""
        say(f"Note on {len(found)} pairs, {', '.join(found[:_SHOWN_PAIRS])}{more}: {note}.")
    if len(pairs) > _SHOWN_NOTES:
        say(f"... and {len(pairs) - _SHOWN_NOTES} more notes; see {finished.folder.path / 'pairs'}")


def exit_when_all_failed(finished: Sequence[Finished]) -> None:
    """End with exit code 1 when all pairs of some run failed."""
    import typer

    if any(len(run.summary.pairs.failed) == run.summary.pairs.run for run in finished):
        raise typer.Exit(1)


def print_lines(lines: Sequence[str | Path]) -> None:
    """Plain lines on stdout."""

    for line in lines:
        echo(str(line))


def _cell(cell: Cell, column: Column) -> str:
    text = number(cell, column)
    text = {"best": f"[bold]{text}[/bold]", "second": f"[underline]{text}[/underline]", "": text}[cell.mark]
    partial = f" ({cell.coverage:.1%})" if cell.coverage is not None and cell.coverage < 1 else ""
    return f"{text}{cell.notes}{partial}"
