"""The page of a method, and the list of all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.method.interface import MethodCard
from evalkit.report.site.boardpage import provenance, task_words
from evalkit.report.site.boards import SiteBoard
from evalkit.report.site.overall import SiteMethod, card_of
from evalkit.report.site.places import file_name, method_page, protocol_page


def method_list(
    boards: Sequence[SiteBoard],
    methods: Sequence[SiteMethod],
    won: Sequence[Sequence[tuple[int, int]]],
    cards: Mapping[str, MethodCard],
) -> list[dict[str, Any]]:
    """A row per method: what it is, where it was measured, its ranks, and how many comparisons it won and lost."""
    return [
        {
            "title": method.title,
            "href": method_page(method.name),
            "anchor": method.anchor,
            "card": card_of(boards, method, cards),
            "wins": sum(won[number][row][0] for number, row in method.places),
            "losses": sum(won[number][row][1] for number, row in method.places),
            "ranks": [
                {"board": boards[number].title, "href": protocol_page(boards[number].slug), "rank": standing}
                for number, row in method.places
                for standing in [boards[number].standings[row]]
            ],
        }
        for method in methods
    ]


def method_context(boards: Sequence[SiteBoard], method: SiteMethod, cards: Mapping[str, MethodCard]) -> dict[str, Any]:
    """The page of a method: its card, and its numbers on every board beside the best one there."""
    return {
        "name": method.title,
        "file": file_name(method.name),
        "anchor": method.anchor,
        "card": card_of(boards, method, cards),
        "boards": [_on_board(boards[number], row) for number, row in method.places],
    }


def _on_board(board: SiteBoard, row: int) -> dict[str, Any]:
    columns, rows = board.columns, board.rows
    return {
        "title": board.title,
        "slug": board.slug,
        "href": protocol_page(board.slug),
        "task": task_words(board.first.row.task),
        "dataset": board.first.row.dataset,
        "rank": board.standings[row],
        "of": len(board.board.standings),
        "facts": provenance(board.results[row]),
        "flags": board.board.entries[row].flags,
        "lines": [
            {"column": column, "cell": rows[row]["cells"][index], "place": _place(board, row, index)}
            for index, column in enumerate(columns)
        ],
    }


def _place(board: SiteBoard, row: int, index: int) -> dict[str, Any] | None:
    """Which number of a column it is among those that are ranked, and who is first; None where it is not ranked."""
    column = board.table.columns[index]
    numbers = [(cells[index], title) for title, cells in board.table.rows]
    ranked = [(cell.value, title) for cell, title in numbers if cell.value is not None and not cell.notes]
    own = board.table.rows[row][1][index]
    if own.value is None or own.notes or not column.better or len(ranked) < 2:
        return None
    values = sorted((value for value, _ in ranked), reverse=column.better == "higher")
    first = next(title for value, title in ranked if value == values[0])
    return {"rank": 1 + values.index(own.value), "of": len(values), "first": first}
