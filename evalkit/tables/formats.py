"""The formats of tables by name and by the suffix of a file."""

from collections.abc import Callable, Sequence
from pathlib import Path

from evalkit.errors import RunError, UnknownNameError
from evalkit.tables.as_json import as_json
from evalkit.tables.comma_separated import comma_separated
from evalkit.tables.html import html
from evalkit.tables.latex import document, latex, latex_paper
from evalkit.tables.markdown import markdown
from evalkit.tables.table import Table
from evalkit.tables.typst import typst

FORMATS: dict[str, Callable[[Table], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
    "json": as_json,
    "html": html,
    "typst": typst,
}
SUFFIXES = {".md": "markdown", ".tex": "latex", ".csv": "csv", ".json": "json", ".html": "html", ".typ": "typst"}


def format_of(path: Path) -> str:
    """The format that the suffix of a file stands for. Raises `RunError`."""
    if path.suffix not in SUFFIXES:
        raise RunError(f"{path}: expected a file name that ends in {', '.join(SUFFIXES)}.")
    return SUFFIXES[path.suffix]


def text_of(tables: Sequence[Table], format: str, *, paper: bool, standalone: bool) -> str:
    """Tables one below the other; LaTeX in the layout of papers with `paper`, one document with `standalone`.

    Raises `UnknownNameError` for an unknown format.
    """
    if format not in FORMATS:
        raise UnknownNameError("table format", format, FORMATS)
    if format == "latex":
        texts = [latex_paper(table) if paper else latex(table) for table in tables]
        return document(texts, landscape=paper) if standalone else "\n".join(texts)
    if format == "json" and len(tables) > 1:
        return "[" + ",\n".join(FORMATS[format](table).rstrip("\n") for table in tables) + "]\n"
    return "\n".join(FORMATS[format](table) for table in tables)
