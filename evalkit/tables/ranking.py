"""Which numbers of a column are best and second, and which do not even beat an anchor that does nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from evalkit.metrics import METRICS
from evalkit.tables.cells import Cell, Column
from evalkit.tables.results import Measured
from evalkit.tables.words import Bold

FEWEST_FOR_SECOND = 3
"""Of two numbers the worse one is no achievement."""


def rank_columns(columns: Sequence[Column], rows: list[list[Cell]], bold: Bold = "value") -> None:
    """Mark best and second per column among cells without footnotes.

    A column with one such cell has no best, one with two has no second. Exactly equal values share a rank. With `bold`
    "interval" a value within the interval of the best one is marked as best too; the second is the best of the others.
    """
    for index, column in enumerate(columns):
        ranked = [row[index] for row in rows if row[index].value is not None and not row[index].notes]
        if len(ranked) < 2 or not column.better:
            continue
        values = [cell.value for cell in ranked if cell.value is not None]
        pick = max if column.better == "higher" else min
        first = pick(values)
        best = {value for value in values if value == first}
        if bold == "interval":
            best |= _within([cell for cell in ranked if cell.value == first], values)
        others = [value for value in values if value not in best]
        second = pick(others) if others and len(ranked) >= FEWEST_FOR_SECOND else None
        for row in rows:
            cell = row[index]
            if cell.value is not None and not cell.notes:
                mark: Literal["best", "second", ""] = "best" if cell.value in best else ""
                row[index] = replace(cell, mark="second" if cell.value == second else mark)


def shares_bold(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether a column has two different best values."""
    marked = ({row[index].value for row in rows if row[index].mark == "best"} for index in range(len(columns)))
    return any(len(values) > 1 for values in marked)


def floors(group: Sequence[Measured]) -> Mapping[str, float]:
    """Metric -> the value that an anchor of these results reaches without doing anything, of one protocol.

    Only where frames are compared with the driving frames one by one. It is the worst value of an anchor; an anchor
    that reaches the end of the metric's scale, as one that returns the driving frames does, is left out.
    """
    found: dict[str, float] = {}
    for key in dict.fromkeys(key for result in group for key in result.summary.metrics):
        metric = METRICS.get(key)
        if metric is None or metric.reference != "driving" or not metric.by_frame:
            continue
        entries = [result.summary.metrics[key] for result in group if result.anchor and key in result.summary.metrics]
        values = [entry.value for entry in entries if entry.value is not None]
        if values:
            floor = max(values) if metric.better == "lower" else min(values)
            if floor != (metric.low if metric.better == "lower" else metric.high):
                found[key] = floor
    return found


def beats(value: float, floor: float, column: Column) -> bool:
    """Whether `value` is on the better side of `floor`."""
    return value < floor if column.better == "lower" else value > floor


def _within(best: Sequence[Cell], values: Sequence[float]) -> set[float]:
    """The values that lie in an interval of the best cells."""
    intervals = [(cell.low, cell.high) for cell in best if cell.low is not None and cell.high is not None]
    return {value for value in values if any(low <= value <= high for low, high in intervals)}
