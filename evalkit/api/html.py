"""Grids of texts in notebooks."""

from collections.abc import Sequence

from evalkit.tables.html import escaped

_CELL = "text-align:{align};padding:2px 8px;white-space:nowrap"


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """An HTML table, the first column to the left, with notes below; texts of strangers are escaped."""
    head = "".join(_cell("th", index, text) for index, text in enumerate(columns))
    body = "".join(f"<tr>{''.join(_cell('td', index, text) for index, text in enumerate(row))}</tr>" for row in rows)
    below = "".join(f"<div>{escaped(note)}</div>" for note in notes)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def _cell(tag: str, index: int, text: str) -> str:
    style = _CELL.format(align="right" if index else "left")
    return f'<{tag} style="{style}">{escaped(text)}</{tag}>'
