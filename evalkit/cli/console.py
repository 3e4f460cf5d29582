"""What commands print: results on stdout, everything else on stderr."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from evalkit.base.text import printable, spreadsheet_cell
from evalkit.cli.echo import echo, warn

_WIDE = 200


def print_json(content: Any) -> None:
    """`content` as JSON on stdout."""
    echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def print_csv(rows: Sequence[Mapping[str, object]]) -> None:
    """Rows with the keys of the first one as CSV on stdout."""
    writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)


def _cell(value: object) -> object:
    return spreadsheet_cell(value) if isinstance(value, str) else value


def print_grid(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
    """A table for people on stdout. The first column is left-aligned, cells may carry rich markup."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    grid = RichTable(title=title, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        grid.add_column(column, justify="left" if index == 0 else "right", overflow="fold")
    for row in rows:
        grid.add_row(*map(printable, row))
    console.print(grid)


def print_list(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A list of things with descriptions on stdout."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    grid = RichTable(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*map(printable, row))
    console.print(grid)


def warn_of_cache() -> bool:
    """One line on stderr when features cannot be kept, so that a run that is slow for that reason says so.

    Whether there was one; where not, a long run asks again when it ends: the disk may have become full meanwhile.
    """
    from evalkit.base.places import cache_dir, why_unusable

    if reason := why_unusable(cache_dir()):
        warn(f"{reason} Continuing without a cache: features are computed again in every run.")
    return reason is not None
