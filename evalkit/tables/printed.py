"""What papers printed for a method, in its own row, behind the column that measures most likely the same."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evalkit.errors import RunError
from evalkit.tables.cells import NOTHING, Cell, Column
from evalkit.tables.paper_tables import doubts, unranked
from evalkit.tables.papers import Paper, Reported, table_name
from evalkit.tables.table import Table


def add_printed(table: Table, paper: Paper, name: str, methods: Mapping[str, str]) -> Table:
    """`table` with a column of table `name` of a paper behind each column of the same task, data set and metric.

    The metric is the same only where the variant is the one that the paper's words point to (`Reported.near`).
    `methods` are the ids of the methods by their rows. Printed numbers are in italics and not ranked.

    Raises `UnknownNameError` for a table the paper does not have, `RunError` when no number of it belongs to a row.
    """
    number, cells = paper.table(name)
    columns: list[Column] = []
    rows: list[list[Cell]] = [[] for _ in table.rows]
    used: list[Reported] = []
    for index, column in enumerate(table.columns):
        columns.append(column)
        for row, (_, measured) in zip(rows, table.rows, strict=True):
            row.append(measured[index])
        fitting = {cell.method_id: cell for cell in cells if cell.method_id and _is_of(column, cell)}
        found = [fitting.get(methods.get(title, "")) for title, _ in table.rows]
        if not any(found):
            continue
        used += [cell for cell in found if cell]
        columns.append(_printed(column, paper, [cell for cell in found if cell]))
        for row, cell in zip(rows, found, strict=True):
            row.append(unranked(cell) if cell else NOTHING)
    title = f"{paper.card.name}, {table_name(number)}"
    if not used:
        theirs = ", ".join(sorted({f"{cell.near} {cell.task} {cell.dataset}" for cell in cells if cell.near}))
        of = ", ".join(dict.fromkeys(cell.method_id for cell in cells if cell.method_id))
        raise RunError(f"No number of {title} belongs into this table. It prints {theirs or 'nothing'} of {of}.")
    meaning = (
        f"In italics: printed in {title}, not measured here, not ranked; the paper's words point to the metric beside "
        "it, which does not prove that the definitions are the same"
    )
    return replace(
        table,
        columns=tuple(columns),
        rows=tuple((name, tuple(row)) for (name, _), row in zip(table.rows, rows, strict=True)),
        footnotes=(*table.footnotes, meaning, *doubts(used)),
    )


def _is_of(column: Column, cell: Reported) -> bool:
    return (column.key, column.task, column.dataset) == (cell.near, cell.task, cell.dataset) and not column.reported


def _printed(column: Column, paper: Paper, cells: Sequence[Reported]) -> Column:
    decimals = max(len(cell.text.partition(".")[2]) for cell in cells)
    key, title = f"{column.key}, {paper.id}", f"{column.title}, {paper.card.name}"
    return replace(column, key=key, title=title, decimals=decimals, reported=True, sign="")
