"""From results that have been read to the table a user asked for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.errors import RunError
from evalkit.tables.options import TableOptions
from evalkit.tables.paper_tables import add_reported
from evalkit.tables.papers import Paper, find_paper
from evalkit.tables.printed import add_printed
from evalkit.tables.results import Measured
from evalkit.tables.rows import chosen
from evalkit.tables.table import Table, arranged
from evalkit.tables.transposed import transposed


def make_table(
    results: Sequence[Measured],
    options: TableOptions,
    reported: Sequence[str] = (),
    notes: Sequence[str] = (),
    printed: Sequence[str] = (),
) -> Table:
    """The table of some results, with `notes` as further footnotes.

    `reported` and `printed` are tables of papers, such as "fsrt:1": their rows below, or what they printed for a method
    in its row. Raises as `build_table`, `add_reported` and `add_printed` do.
    """
    table = arranged(results, options)
    table = replace(table, footnotes=(*table.footnotes, *notes))
    methods = {one.title: one.method for one in chosen(results, options)}
    methods |= {f"{title} (ours)": method for title, method in methods.items()}
    for name in printed:
        table = add_printed(table, *paper_table(name), methods)
    for name in reported:
        table = add_reported(table, *paper_table(name))
    return transposed(table) if options.transposed else table


def paper_table(name: str, leaderboards: Path | None = None) -> tuple[Paper, str]:
    """The paper and the number of its table in a text like "fsrt:1". Raises `RunError` and `UnknownNameError`."""
    paper, colon, number = name.partition(":")
    if not colon:
        raise RunError(f"{name!r}: expected PAPER:TABLE, such as fsrt:1.")
    return find_paper(paper, leaderboards), number
