"""From results that have been read to the table a user asked for."""

from collections.abc import Sequence
from dataclasses import replace

from evalkit.errors import RunError
from evalkit.tables.options import TableOptions
from evalkit.tables.paper_tables import add_reported
from evalkit.tables.papers import find_paper
from evalkit.tables.results import Measured
from evalkit.tables.table import Table, arranged
from evalkit.tables.transposed import transposed


def make_table(
    results: Sequence[Measured], options: TableOptions, reported: Sequence[str] = (), notes: Sequence[str] = ()
) -> Table:
    """The table of some results; `reported` are tables of papers, such as "fsrt:1", `notes` further footnotes.

    Raises as `build_table` and `add_reported` do.
    """
    table = arranged(results, options)
    table = replace(table, footnotes=(*table.footnotes, *notes))
    for name in reported:
        paper, colon, number = name.partition(":")
        if not colon:
            raise RunError(f"{name!r}: expected PAPER:TABLE, such as fsrt:1.")
        table = add_reported(table, find_paper(paper), number)
    return transposed(table) if options.transposed else table
