"""Tables in notebooks."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.base.text import printable
from evalkit.tables.cells import Mark

_CELL = "text-align:{align};padding:2px 8px"
_MARKS: dict[Mark, str] = {"best": "b", "second": "u", "": "span"}


@dataclass(frozen=True)
class Text:
    """A text in a table, bold for a best value and underlined for a second one."""

    text: str
    mark: Mark = ""


def grid(columns: Sequence[str], rows: Sequence[Sequence[str | Text]], notes: Sequence[str] = ()) -> str:
    """An HTML table, the first column to the left, with notes below; texts of strangers are escaped."""
    head = "".join(_cell("th", index, escaped(text)) for index, text in enumerate(columns))
    body = "".join(
        f"<tr>{''.join(_cell('td', index, _marked(text)) for index, text in enumerate(row))}</tr>" for row in rows
    )
    below = "".join(f"<div>{escaped(note)}</div>" for note in notes)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def escaped(text: str) -> str:
    """A text for HTML, with characters that steer a terminal or turn its direction written out."""
    return html.escape(printable(text))


def _marked(text: str | Text) -> str:
    if isinstance(text, str):
        return escaped(text)
    tag = _MARKS[text.mark]
    return f"<{tag}>{escaped(text.text)}</{tag}>"


def _cell(tag: str, index: int, content: str) -> str:
    style = _CELL.format(align="right" if index else "left")
    return f'<{tag} style="{style}">{content}</{tag}>'
