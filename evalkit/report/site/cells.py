"""Tables as templates print them: columns and rows, with a link behind every number."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evalkit.leaderboard.entry import Entry
from evalkit.report.overview import cell_facts, column_facts, scale_of
from evalkit.report.site.places import method_page, metric_page, signature_place
from evalkit.statistics.ranking import Standing
from evalkit.tables.table import Table

COSTS = ("fps", "latency", "peak_memory")


def printed_columns(table: Table, signature: Callable[[str], str | None], clips: Sequence[str]) -> list[dict[str, Any]]:
    """The columns of a table, as `column_facts` has them.

    `id` is the metric without its variant, `main` whether it is the first variant of the table, `href` the place of
    its signature. `clips` are the keys that have clip means.
    """
    seen: set[str] = set()
    found = []
    for column in table.columns:
        mark, name, cost = signature(column.key), column.key.partition("[")[0], column.key in COSTS
        facts = column_facts(column, mark, clips.index(column.key) if column.key in clips else None)
        href = None if cost else signature_place(column.key, mark) if mark else metric_page(column.key)
        found.append({**facts, "id": name, "main": name not in seen, "cost": cost, "href": href})
        seen.add(name)
    return found


def printed_rows(
    table: Table,
    entries: Sequence[Entry],
    standings: Sequence[Standing | None],
    others: Mapping[tuple[int, str], str],
) -> list[dict[str, Any]]:
    """The rows of a table; a cell is as `cell_facts` has it, with the place of its signature as `href`.

    `others` are signatures of numbers that cannot stand in their column; `other` of a cell is the place of its one.
    """
    scales = [scale_of(cells) for cells in zip(*(cells for _, cells in table.rows), strict=True)]
    found = []
    for index, (title, cells) in enumerate(table.rows):
        entry, printed = entries[index], []
        for cell, column, scale in zip(cells, table.columns, scales, strict=True):
            metric, other = entry.row.metrics.get(column.key), others.get((index, column.key))
            mark = metric.signature if metric else None
            more = {
                "href": signature_place(column.key, mark) if mark else None,
                "other": None if other is None else signature_place(column.key, other),
                "reason": metric.reason if metric and metric.status == "unavailable" else "",
            }
            printed.append(cell_facts(cell, column, scale) | more)
        found.append(
            {
                "method": index,
                "title": title,
                "href": method_page(entry.name),
                "anchor": entry.row.anchor,
                "rank": standings[index],
                "flags": entry.flags,
                "status": entry.status,
                "cells": printed,
            }
        )
    return found
