"""The first page: every method over every protocol, both tasks side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.method.interface import MethodCard
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


def card_of(boards: Sequence[SiteBoard], method: SiteMethod, cards: Mapping[str, MethodCard]) -> MethodCard | None:
    """The card of a method that is installed here under its id; None for another, and for outputs made elsewhere."""
    number, row = method.places[0]
    entry = boards[number].board.entries[row]
    card = cards.get(entry.row.method)
    return card if card and card.title == entry.row.title else None


def overall(
    boards: Sequence[SiteBoard], methods: Sequence[SiteMethod], cards: Mapping[str, MethodCard]
) -> dict[str, Any]:
    """Column groups and rows of the first page, and what its filters offer; `cards` say what methods are."""
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
        "rows": [_row(method, columns, rows) | _about(card_of(boards, method, cards)) for method in methods],
        "tasks": _once(board.first.row.task for board in boards),
        "datasets": _once(board.first.row.dataset for board in boards),
        "metrics": list({c["id"]: c["title"] for found in columns for c in found if not c["cost"]}.items()),
    }


def _row(method: SiteMethod, columns: list[list[dict[str, Any]]], rows: list[list[dict[str, Any]]]) -> dict[str, Any]:
    own = {number: rows[number][place] for number, place in method.places}
    parts = [
        own.get(number, {"rank": None, "cells": [None] * len(of_board)}) for number, of_board in enumerate(columns)
    ]
    return {
        "title": method.title,
        "href": method_page(method.name),
        "anchor": method.anchor,
        "parts": parts,
        "status": _status([row["status"] for row in own.values()]),
    }


def _about(card: MethodCard | None) -> dict[str, Any]:
    """Year, and parameters in millions; None where the card does not say, or is not known here."""
    if card is None:
        return {"year": None, "parameters": None}
    return {"year": card.year, "parameters": card.parameters / 1e6 if card.parameters else None}


def _status(statuses: list[str]) -> str:
    """Of a method: that of its rows, or of how many of them were verified."""
    verified = statuses.count("verified")
    return statuses[0] if verified in (0, len(statuses)) else f"verified on {verified} of {len(statuses)}"


def _once(values: Any) -> list[str]:
    return list(dict.fromkeys(values))
