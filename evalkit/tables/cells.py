"""Columns and cells of tables."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Mark = Literal["best", "second", ""]


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
