"""The page of a metric with all its variants: what it is, every signature with who has it, and its numbers."""

from collections.abc import Sequence
from typing import Any

from evalkit.metrics import METRICS
from evalkit.records.output_rules import marked
from evalkit.report.site.boardpage import task_words
from evalkit.report.site.boards import SiteBoard
from evalkit.report.site.places import metric_page, protocol_page, signature_id


def metric_ids(boards: Sequence[SiteBoard]) -> dict[str, str]:
    """Metric id -> title of its first variant, in the order of the boards."""
    found: dict[str, str] = {}
    for board in boards:
        for column in board.metrics:
            found.setdefault(column.key.partition("[")[0], column.title)
    return found


def metric_list(boards: Sequence[SiteBoard]) -> list[dict[str, Any]]:
    """A row per metric."""
    return [
        {
            "id": name,
            "title": title,
            "href": metric_page(name),
            "variants": _keys(boards, name),
            "description": next((METRICS[k].description for k in _keys(boards, name) if k in METRICS), ""),
            "better": next(c.better for board in boards for c in board.metrics if c.key in _keys(boards, name)),
            "boards": [
                {"title": board.title, "href": protocol_page(board.slug)}
                for board in boards
                if any(c.key.partition("[")[0] == name for c in board.metrics)
            ],
        }
        for name, title in metric_ids(boards).items()
    ]


def metric_context(boards: Sequence[SiteBoard], name: str) -> dict[str, Any]:
    """The page of the metric `name`."""
    return {
        "name": metric_ids(boards)[name],
        "id": name,
        "variants": [_variant(boards, key) for key in _keys(boards, name)],
    }


def _keys(boards: Sequence[SiteBoard], name: str) -> list[str]:
    keys = dict.fromkeys(c.key for board in boards for c in board.metrics)
    return [key for key in keys if key.partition("[")[0] == name]


def _variant(boards: Sequence[SiteBoard], key: str) -> dict[str, Any]:
    metric = METRICS.get(key)
    facts = []
    if metric is not None:
        bounds = (f"{bound:g}" if abs(bound) != float("inf") else "unbounded" for bound in (metric.low, metric.high))
        facts = [
            ("Better", metric.better),
            ("Range", " to ".join(bounds)),
            ("Compared with", f"the {metric.reference} clip"),
            ("One value", "per frame" if metric.by_frame else "for all clips together"),
            ("Tasks", ", ".join(sorted(task_words(task) for task in metric.tasks))),
            ("Constants", metric.settings),
            ("Source", metric.paper),
            ("Known differences", metric.differences),
        ]
    return {
        "key": key,
        "description": metric.description if metric else "",
        "facts": [(what, text) for what, text in facts if text],
        "signatures": _signatures(boards, key),
        "boards": [_on_board(board, key) for board in boards if any(c.key == key for c in board.metrics)],
    }


def _signatures(boards: Sequence[SiteBoard], key: str) -> list[dict[str, Any]]:
    """Every signature of a metric, with its parts and who has it where."""
    found: dict[str, list[dict[str, Any]]] = {}
    for board in boards:
        who: dict[str, list[str]] = {}
        for index, (title, entry) in enumerate(zip(board.titles, board.board.entries, strict=True)):
            metric = entry.row.metrics.get(key)
            signature = board.others.get((index, key)) or (metric.signature if metric else None)
            if signature:
                who.setdefault(signature, []).append(title)
        for signature, titles in who.items():
            usual = board.signature(key)
            foreign = any((board.titles.index(title), key) in board.others for title in titles)
            place = {"board": board.title, "href": protocol_page(board.slug), "titles": titles, "foreign": foreign}
            found.setdefault(signature, []).append(place | {"usual": usual})
    return [
        {"id": signature_id(s), "parts": s.split("|"), "outputs": marked(s), "places": places}
        for s, places in found.items()
    ]


def _on_board(board: SiteBoard, key: str) -> dict[str, Any]:
    """The numbers of a metric on a board, best first, then those that are not ranked."""
    index = next(i for i, column in enumerate(board.table.columns) if column.key == key)
    column = board.columns[index]
    rows = [{**row, "cell": row["cells"][index]} for row in board.rows]
    sign = -1 if column["better"] == "higher" else 1

    def order(row: dict[str, Any]) -> tuple[bool, bool, float]:
        value = row["cell"]["value"]
        return row["anchor"], value is None, 0.0 if value is None else sign * value

    return {
        "title": board.title,
        "href": protocol_page(board.slug),
        "task": task_words(board.first.row.task),
        "column": column,
        "rows": sorted(rows, key=order),
    }
