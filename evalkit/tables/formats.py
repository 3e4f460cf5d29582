"""Print a table as markdown, LaTeX (booktabs), CSV or JSON."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict

from evalkit.base.text import printable, spreadsheet_cell
from evalkit.tables.cells import Cell, Column, headings
from evalkit.tables.latex import escape_latex, latex
from evalkit.tables.table import Table

ARROWS = {"higher": "↑", "lower": "↓", "": ""}
"""Which direction is better -> the sign for it."""


def markdown(table: Table) -> str:
    """GitHub-flavoured markdown: bold best, underlined second, coverage in brackets where it is not complete.

    Column groups stand before the metric, reported rows and columns are in italics, the rows below a heading.
    """
    named = zip(headings(table.columns), table.columns, strict=True)
    header = ["Method", *(_markdown_header(heading, column) for heading, column in named)]
    lines = [_markdown_row(header), _markdown_row(["---", *("---:" for _ in table.columns)])]
    starts = {section.start: section for section in table.sections}
    reported = False
    for index, (title, cells) in enumerate(table.rows):
        if index in starts:
            reported = starts[index].reported
            if starts[index].title:
                lines.append(_markdown_row([f"*{escape_markdown(starts[index].title)}*", *("" for _ in cells)]))
        pairs = list(zip(cells, table.columns, strict=True))
        printed = [_markdown_cell(cell, column, reported or column.reported) for cell, column in pairs]
        name = escape_markdown(title)
        lines.append(_markdown_row([f"*{name}*" if reported else name, *printed]))
    notes = [table.caption, *table.footnotes]
    return "\n".join([*lines, "", *(escape_markdown(note) for note in notes)]) + "\n"


def comma_separated(table: Table) -> str:
    """CSV with unrounded values: method, then value, coverage and interval (or why there is none) per metric."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    parts = ("", "_coverage", "_ci_low", "_ci_high", "_ci_word", "_notes")
    keys = [f"{column.group}/{column.key}" if column.group else column.key for column in table.columns]
    writer.writerow(["method", *(spreadsheet_cell(key + part) for key in keys for part in parts)])
    for title, cells in table.rows:
        numbers = [
            n
            for cell in cells
            for n in (cell.value, cell.coverage, cell.low, cell.high, cell.word, spreadsheet_cell(cell.notes))
        ]
        writer.writerow([spreadsheet_cell(title), *("" if n is None else n for n in numbers)])
    return text.getvalue()


def as_json(table: Table) -> str:
    """Everything in the table, unrounded, as one JSON object."""
    return json.dumps(asdict(table), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


__all__ = ["FORMATS", "as_json", "comma_separated", "escape_latex", "escape_markdown", "latex", "markdown", "number"]

FORMATS: dict[str, Callable[[Table], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
    "json": as_json,
}


def number(cell: Cell, column: Column) -> str:
    """The text of the cell, the rounded value, or a dash."""
    return cell.text or ("-" if cell.value is None else f"{cell.value:.{column.decimals}f}")


def escape_markdown(text: str) -> str:
    """`text` on one line, with every character that markdown or HTML treats specially made harmless."""
    for special in "\\`*_|[]":
        text = text.replace(special, "\\" + special)
    text = text.replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(printable(text).split())


def _markdown_header(heading: str, column: Column) -> str:
    group = f"{escape_markdown(column.group)}: " if column.group else ""
    return f"{group}{escape_markdown(heading)} {ARROWS[column.better]}".rstrip()


def _markdown_cell(cell: Cell, column: Column, reported: bool) -> str:
    text = escape_markdown(number(cell, column)) if cell.text else number(cell, column)
    text = {"best": f"**{text}**", "second": f"<u>{text}</u>", "": text}[cell.mark]
    partial = f" ({cell.coverage:.1%})" if cell.coverage is not None and cell.coverage < 1 else ""
    printed = f"{text}{escape_markdown(cell.notes)}{partial}"
    return _italic(printed) if reported else printed


def _italic(text: str) -> str:
    return text if text == "-" else f"*{text}*"


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
