"""A table as CSV."""

import csv
import io

from evalkit.base.text import spreadsheet_cell
from evalkit.tables.table import Table


def comma_separated(table: Table) -> str:
    """CSV with unrounded values: method, then value, coverage and interval (or why there is none) per metric."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    parts = ("", "_coverage", "_ci_low", "_ci_high", "_ci_word", "_notes")
    keys = [f"{column.group}/{column.key}" if column.group else column.key for column in table.columns]
    writer.writerow([table.stub.lower(), *(spreadsheet_cell(key + part) for key in keys for part in parts)])
    for title, cells in table.rows:
        numbers = [
            n
            for cell in cells
            for n in (cell.value, cell.coverage, cell.low, cell.high, cell.word, spreadsheet_cell(cell.notes))
        ]
        writer.writerow([spreadsheet_cell(title), *("" if n is None else n for n in numbers)])
    return text.getvalue()
