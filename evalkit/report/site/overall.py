"""The first page: every method over every protocol, both tasks side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.report.site.boards import SiteBoard
from evalkit.report.site.places import method_page, protocol_page


@dataclass(frozen=True)
class SiteMethod:
    """A row of the first page: one method with its weights and options, and (board, row) wherever it was measured."""

    name: str
    title: str
    anchor: bool
    places: tuple[tuple[int, int], ...]


def methods_of(boards: Sequence[SiteBoard]) -> list[SiteMethod]:
    """Methods in the order of the boards and of their ranks there; those that are only anchors last."""
    found: dict[str, list[tuple[int, int]]] = {}
    for number, board in enumerate(boards):
        for row, title in enumerate(board.titles):
            found.setdefault(title, []).append((number, row))

    def made(title: str) -> SiteMethod:
        entries = [boards[number].board.entries[row] for number, row in found[title]]
        return SiteMethod(entries[0].name, title, all(e.row.anchor for e in entries), tuple(found[title]))

    return sorted(map(made, found), key=lambda method: method.anchor)


def overall(boards: Sequence[SiteBoard], methods: Sequence[SiteMethod]) -> dict[str, Any]:
    """Column groups and rows of the first page, and what its filters offer."""
    columns = [board.columns for board in boards]
    rows = [board.rows for board in boards]
    groups = [
        {
            "slug": board.slug,
            "title": board.title,
            "href": protocol_page(board.slug),
            "task": board.first.row.task,
            "dataset": board.first.row.dataset,
            "ranked": bool(board.board.standings),
            "columns": columns[number],
        }
        for number, board in enumerate(boards)
    ]
    return {
        "groups": groups,
        "rows": [_row(method, columns, rows) for method in methods],
        "tasks": _once(board.first.row.task for board in boards),
        "datasets": _once(board.first.row.dataset for board in boards),
        "metrics": list({c["id"]: c["title"] for found in columns for c in found if not c["cost"]}.items()),
    }


def _row(method: SiteMethod, columns: list[list[dict[str, Any]]], rows: list[list[dict[str, Any]]]) -> dict[str, Any]:
    places = dict(method.places)
    parts = [
        rows[number][places[number]] if number in places else {"rank": None, "cells": [None] * len(of_board)}
        for number, of_board in enumerate(columns)
    ]
    return {"title": method.title, "href": method_page(method.name), "anchor": method.anchor, "parts": parts}


def _once(values: Any) -> list[str]:
    return list(dict.fromkeys(values))
