"""A table as GitHub-flavoured markdown."""

from evalkit.base.text import printable
from evalkit.tables.cells import ARROWS, Cell, Column, headings, interval, number
from evalkit.tables.table import Table
from evalkit.tables.words import Intervals


def markdown(table: Table) -> str:
    """GitHub-flavoured markdown: bold best, underlined second, coverage in brackets where it is not complete.

    Column groups stand before the metric, reported rows and columns are in italics, the rows below a heading.
    """
    named = zip(headings(table.columns), table.columns, strict=True)
    header = [escape_markdown(table.stub), *(_markdown_header(heading, column) for heading, column in named)]
    lines = [_markdown_row(header), _markdown_row(["---", *("---:" for _ in table.columns)])]
    starts = {section.start: section for section in table.sections}
    reported = False
    for index, (title, cells) in enumerate(table.rows):
        if index in starts:
            reported = starts[index].reported
            if starts[index].title:
                lines.append(_markdown_row([f"*{escape_markdown(starts[index].title)}*", *("" for _ in cells)]))
        pairs = list(zip(cells, table.columns, strict=True))
        printed = [
            _markdown_cell(cell, column, reported or column.reported, table.look.intervals) for cell, column in pairs
        ]
        name = escape_markdown(title)
        lines.append(_markdown_row([f"*{name}*" if reported else name, *printed]))
    notes = [table.caption, *table.footnotes]
    return "\n".join([*lines, "", *(escape_markdown(note) for note in notes)]) + "\n"


def escape_markdown(text: str) -> str:
    """`text` on one line, with every character that markdown or HTML treats specially made harmless."""
    for special in "\\`*_|[]":
        text = text.replace(special, "\\" + special)
    text = text.replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(printable(text).split())


def _markdown_header(heading: str, column: Column) -> str:
    group = f"{escape_markdown(column.group)}: " if column.group else ""
    return f"{group}{escape_markdown(heading)} {ARROWS[column.better]}".rstrip()


def _markdown_cell(cell: Cell, column: Column, reported: bool, intervals: Intervals) -> str:
    text = escape_markdown(number(cell, column)) if cell.text else number(cell, column)
    text = {"best": f"**{text}**", "second": f"<u>{text}</u>", "": text}[cell.mark]
    behind = interval(cell, column, intervals).replace("[", "\\[").replace("]", "\\]")
    partial = f" ({cell.coverage:.1%})" if cell.coverage is not None and cell.coverage < 1 else ""
    printed = f"{text}{escape_markdown(cell.notes)}{behind}{partial}"
    return _italic(printed) if reported else printed


def _italic(text: str) -> str:
    return text if text == "-" else f"*{text}*"


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
