"""Columns and cells of tables."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evalkit.tables.words import Intervals

Mark = Literal["best", "second", ""]
ARROWS = {"higher": "↑", "lower": "↓", "": ""}
"""Which direction is better -> the sign for it."""


@dataclass(frozen=True)
class Look:
    """How a table is printed: with which part of intervals, under which label, in columns of LaTeX's siunitx or not."""

    intervals: Intervals = "none"
    label: str = ""
    siunitx: bool = False


PLAIN = Look()
"""Values alone."""


@dataclass(frozen=True)
class Column:
    """One metric: its key, title, direction ("" where none is better), unit, printed decimals, and column group.

    `task` and `dataset` say what it was measured on, where that is known. `reported` columns come from a paper and are
    set apart. `sign` refers to a footnote about the whole column.
    """

    key: str
    title: str
    better: Literal["higher", "lower", ""]
    unit: str
    decimals: int
    group: str = ""
    task: str = ""
    dataset: str = ""
    reported: bool = False
    sign: str = ""

    @property
    def heading(self) -> str:
        """The title with its sign."""
        return f"{self.title}{self.sign}"


def headings(columns: Sequence[Column]) -> list[str]:
    """Titles with their signs; columns of one group and title, which are variants of one metric, say which they are."""
    titles = Counter((column.group, column.title) for column in columns)
    variants = ["".join(c.key.partition("[")[1:]) if titles[c.group, c.title] > 1 else "" for c in columns]
    return [f"{c.title}{variant}{c.sign}" for c, variant in zip(columns, variants, strict=True)]


def variant_numbers(columns: Sequence[Column]) -> dict[str, int]:
    """Metric key -> its number, for columns that share group and title: printed in place of long names."""
    titles = Counter((column.group, column.title) for column in columns)
    keys = dict.fromkeys(c.key for c in columns if titles[c.group, c.title] > 1)
    return {key: number for number, key in enumerate(keys, start=1)}


def variant_note(columns: Sequence[Column]) -> list[str]:
    """A line that says which variants the numbers are."""
    numbers = variant_numbers(columns)
    return [", ".join(f"{number} {key}" for key, number in numbers.items())] if numbers else []


@dataclass(frozen=True)
class Cell:
    """One number: value or None, its rank mark, coverage, interval and footnote signs.

    `text`, where it is not empty, is printed instead of the rounded value. `word` says why there is no interval,
    `skewed` that there is one and it promises too much.
    """

    value: float | None
    mark: Mark
    coverage: float | None
    low: float | None
    high: float | None
    notes: str
    text: str = ""
    word: str = ""
    skewed: bool = False


NOTHING = Cell(None, "", None, None, None, "")
"""A cell without a number."""


def words(text: str) -> Cell:
    """A cell that holds a text and is never ranked."""
    return Cell(None, "", None, None, None, "", text)


def number(cell: Cell, column: Column) -> str:
    """The text of the cell, the rounded value, or a dash."""
    return cell.text or ("-" if cell.value is None else f"{cell.value:.{column.decimals}f}")


def interval(cell: Cell, column: Column, intervals: Intervals) -> str:
    """What stands behind the number: " ± 0.012", " [0.488, 0.512]", or nothing where there is no interval."""
    if cell.text or cell.value is None or cell.low is None or cell.high is None or intervals == "none":
        return ""
    if intervals == "half":
        return f" ± {(cell.high - cell.low) / 2:.{column.decimals}f}"
    return f" [{cell.low:.{column.decimals}f}, {cell.high:.{column.decimals}f}]"


def is_partial(cell: Cell) -> bool:
    """Whether fewer frames than there are stand behind the number."""
    return cell.value is not None and cell.coverage is not None and cell.coverage < 1
