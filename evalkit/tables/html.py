"""A table as HTML that can be pasted into Word: every style stands at its cell."""

from html import escape
from itertools import groupby

from evalkit.base.text import printable
from evalkit.tables.cells import ARROWS, Cell, Column, interval, number, variant_note, variant_numbers
from evalkit.tables.table import Table

_THICK, _THIN = "border-top:1.5pt solid black;", "border-top:0.75pt solid black;"
_CELL = "padding:1pt 6pt;text-align:"


def html(table: Table) -> str:
    """A page with the table, its caption above and its footnotes below, in the manner of booktabs."""
    width = len(table.columns) + 1
    numbers = variant_numbers(table.columns)
    header = [_text(table.stub), *(_heading(column, numbers.get(column.key)) for column in table.columns)]
    rows = [*_groups(table), _row(header, "" if _groups(table) else _THICK, "th")]
    starts = {section.start: section for section in table.sections}
    reported = False
    for index, (title, cells) in enumerate(table.rows):
        rule = _THIN if index == 0 or index in starts else ""
        if section := starts.get(index):
            reported = section.reported
            if section.title:
                heading = f"<i>{_text(section.title)}</i>"
                rows.append(f'<tr><td colspan="{width}" style="{rule}{_CELL}left">{heading}</td></tr>')
                rule = ""
        texts = [_cell(c, column, reported, table) for c, column in zip(cells, table.columns, strict=True)]
        rows.append(_row([_italic(_text(title), reported), *texts], rule, "td"))
    below = [*table.footnotes, *variant_note(table.columns)]
    notes = "".join(f'<p style="font-size:9pt;margin:2pt 0">{_text(note)}</p>\n' for note in below)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Table</title></head>\n'
        "<body style=\"font-family:'Times New Roman',serif;font-size:11pt\">\n"
        f"<p>{_text(table.caption)}</p>\n"
        '<table style="border-collapse:collapse;border-bottom:1.5pt solid black">\n'
        + "\n".join(rows)
        + f"\n</table>\n{notes}</body>\n</html>\n"
    )


def _heading(column: Column, variant: int | None) -> str:
    sign = f"<sup>{variant}</sup>" if variant else ""
    return f"{_text(column.heading)}{sign} {ARROWS[column.better]}".rstrip()


def _text(text: str) -> str:
    return escape(" ".join(printable(text).split()))


def _row(texts: list[str], rule: str, tag: str) -> str:
    first, *others = texts
    cells = [f'<{tag} style="{rule}{_CELL}left">{first}</{tag}>']
    cells += [f'<{tag} style="{rule}{_CELL}right">{text}</{tag}>' for text in others]
    return f"<tr>{''.join(cells)}</tr>"


def _groups(table: Table) -> list[str]:
    if not any(column.group for column in table.columns):
        return []
    spans = [(group, len(list(columns))) for group, columns in groupby(table.columns, key=lambda column: column.group)]
    cells = [f'<th style="{_THICK}{_CELL}left"></th>']
    cells += [f'<th colspan="{width}" style="{_THICK}{_CELL}center">{_text(group)}</th>' for group, width in spans]
    return [f"<tr>{''.join(cells)}</tr>"]


def _cell(cell: Cell, column: Column, reported: bool, table: Table) -> str:
    text = _text(number(cell, column))
    text = {"best": f"<b>{text}</b>", "second": f"<u>{text}</u>", "": text}[cell.mark]
    share = f" ({cell.coverage:.1%})" if cell.coverage is not None and cell.coverage < 1 else ""
    signs = f"<sup>{_text(cell.notes)}</sup>" if cell.notes else ""
    behind = interval(cell, column, table.look.intervals).replace(" ", "&nbsp;") + share
    return _italic(text, reported or column.reported) + signs + behind


def _italic(text: str, reported: bool) -> str:
    return f"<i>{text}</i>" if reported else text
