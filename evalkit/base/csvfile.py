"""CSV rows whose errors name file, line and column."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import EvalkitError

_LONGEST = 200
_MOST_DIGITS = 18


@dataclass(frozen=True)
class Row:
    """One row and its position, so that errors can name the bad cell."""

    path: Path
    line: int
    cells: Mapping[str, str]
    error: type[EvalkitError]

    def wrong(self, column: str, expected: str) -> EvalkitError:
        """The error for the cell in `column`, which should have been `expected`."""
        got = self.cells.get(column, "")
        shown = got if len(got) <= _LONGEST else f"{got[:_LONGEST]}..."
        return self.error(f"{self.path} line {self.line}, column {column!r}: expected {expected}, got {shown!r}.")

    def text(self, column: str) -> str:
        """The cell, which must not be empty."""
        value = self.cells.get(column, "")
        if not value:
            raise self.wrong(column, "a value")
        return value

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        """The cell, which must be one of `allowed`."""
        value = self.text(column)
        if value not in allowed:
            raise self.wrong(column, " or ".join(repr(a) for a in allowed))
        return value

    def integer(self, column: str, least: int = 0) -> int:
        """The cell as a whole number of at least `least`."""
        value = self.text(column)
        if not is_number(value) or int(value) < least:
            raise self.wrong(column, f"a whole number from {least}")
        return int(value)

    def integers(self, column: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Whole numbers separated by spaces, or `default` for an empty or absent cell."""
        try:
            return tuple(int(part) for part in self.cells.get(column, "").split()) or default
        except ValueError:
            raise self.wrong(column, "whole numbers separated by spaces") from None


def is_number(text: str) -> bool:
    """Whether a text is a whole number from 0, in ASCII digits and not beyond what any file counts."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def read_rows(path: Path, required: Sequence[str], error: type[EvalkitError], short_rows: bool = False) -> list[Row]:
    """Rows of a CSV file (UTF-8, with or without BOM, any line ending); blank lines are skipped.

    With `short_rows`, cells that are missing at the end of a row are empty. Raises `error` for an unreadable file,
    missing columns, required ones that appear twice, and rows with too many or too few cells.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            missing = [name for name in required if name not in header]
            if missing:
                raise error(f"{path} line 1: column {missing[0]!r} is missing; found {', '.join(header) or 'nothing'}.")
            if twice := [name for name in required if header.count(name) > 1]:
                raise error(f"{path} line 1: column {twice[0]!r} appears twice; found {', '.join(header)}.")
            fill = len(header) if short_rows else 0
            rows = ((reader.line_num, cells + [""] * (fill - len(cells))) for cells in reader if any(cells))
            return [_row(path, line, header, cells, error) for line, cells in rows]
    except UnicodeDecodeError as problem:
        raise error(
            f"{path}: not UTF-8 text ({problem.reason} at byte {problem.start}). Save it as UTF-8."
        ) from problem
    except (OSError, csv.Error) as problem:
        raise error(f"{path}: cannot be read as CSV: {problem}.") from problem


def _row(path: Path, line: int, header: Sequence[str], cells: Sequence[str], error: type[EvalkitError]) -> Row:
    if len(cells) != len(header):
        raise error(f"{path} line {line}: expected {len(header)} columns ({', '.join(header)}), got {len(cells)}.")
    return Row(path, line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}, error)
