"""A table turned: rows are metrics, columns methods."""

from dataclasses import replace

from evalkit.tables.cells import ARROWS, Cell, Column, headings, interval, number
from evalkit.tables.table import Section, Table
from evalkit.tables.words import Intervals


def transposed(table: Table) -> Table:
    """`table` with a row for each column, a section for each group of columns and a column for each row.

    Numbers are rounded as their metric asks, and become texts; marks and signs stay.
    """
    names = [
        f"{name} {ARROWS[c.better]}".rstrip() for name, c in zip(headings(table.columns), table.columns, strict=True)
    ]
    rows = tuple(
        (name, tuple(_as_text(cells[index], column, table.look.intervals) for _, cells in table.rows))
        for index, (name, column) in enumerate(zip(names, table.columns, strict=True))
    )
    groups = [column.group for column in table.columns]
    starts = [index for index, group in enumerate(groups) if index == 0 or group != groups[index - 1]]
    return replace(
        table,
        columns=tuple(Column(title, title, "", "", 0) for title, _ in table.rows),
        rows=rows,
        sections=tuple(Section(index, groups[index]) for index in starts if any(groups)),
        stub="Metric",
    )


def _as_text(cell: Cell, column: Column, intervals: Intervals) -> Cell:
    return (
        replace(cell, text=number(cell, column) + interval(cell, column, intervals)) if cell.value is not None else cell
    )
