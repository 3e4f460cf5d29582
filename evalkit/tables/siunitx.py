"""Columns of LaTeX's package siunitx, which sets digits in line, in the fonts and signs of the paper."""

from collections.abc import Sequence

from evalkit.tables.cells import Cell, Column

SETUP = r"\sisetup{table-text-alignment=right}"
"""What is in braces stands at the right, where digits of the same decimals are in line with the numbers'."""


def format_of_column(cells: Sequence[Cell], column: Column) -> str:
    """`S[table-format=...]`, as wide as the widest number; "r" where there is none."""
    values = [cell.value for cell in cells if cell.value is not None and not cell.text]
    if not values:
        return "r"
    whole = max(len(f"{abs(value):.{column.decimals}f}".partition(".")[0]) for value in values)
    return f"S[table-format={'-' if min(values) < 0 else ''}{whole}.{column.decimals}]"
