"""One metric against another: values, intervals, and who is on the Pareto front of each couple of metrics."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from evalkit.figures.front import Axis, Point, pareto_front
from evalkit.report.collect import Comparison
from evalkit.report.payload import plain
from evalkit.tables.cells import Cell, Column
from evalkit.tables.table import OTHER_MACHINE, Table


def pareto_data(comparison: Comparison) -> dict[str, Any]:
    """Values and intervals of every metric, and per couple of metrics who is on the Pareto front."""
    return pareto_of(comparison.table, comparison.metrics, [method.measured.anchor for method in comparison.methods])


def pareto_of(table: Table, columns: Sequence[Column], anchors: Sequence[bool]) -> dict[str, Any]:
    """The same of any table: `columns` are its metrics, `anchors` the rows that are never on a front."""
    cells = {c.key: [row[1][i] for row in table.rows] for i, c in enumerate(table.columns)}
    timed = cells.get("fps", [])
    comparable = timed and not any(OTHER_MACHINE in cell.notes for cell in timed)
    speeds = [cell.value for cell in timed] if comparable else [None] * len(anchors)
    return {
        "values": [[_point(cell) for cell in cells[column.key]] for column in columns],
        "fps": [plain(speed) for speed in speeds],
        "fronts": {
            f"{a},{b}": _front(anchors, columns[a], columns[b], cells, speeds)
            for a, b in combinations(range(len(columns)), 2)
        },
    }


def _point(cell: Cell) -> list[float | None]:
    return [plain(cell.value), plain(cell.low), plain(cell.high)]


def _front(
    anchors: Sequence[bool], x: Column, y: Column, cells: dict[str, list[Cell]], speeds: Sequence[float | None]
) -> list[int]:
    """Indices of the methods on the front; those without both values are left out."""
    points, indices = [], []
    for index, (across, up) in enumerate(zip(cells[x.key], cells[y.key], strict=True)):
        if across.value is not None and up.value is not None:
            points.append(Point("", across.value, up.value, fps=speeds[index], anchor=anchors[index]))
            indices.append(index)
    on = pareto_front(points, _axis(x), _axis(y)) if points else []
    return [index for index, is_on in zip(indices, on, strict=True) if is_on]


def _axis(column: Column) -> Axis:
    return Axis(column.title, "higher" if column.better == "higher" else "lower")
