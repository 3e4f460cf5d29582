"""The page of a protocol: ranks, the matrix, trade-offs, groups of frames, costs, and where its rows come from."""

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.leaderboard.row import BoardRow
from evalkit.leaderboard.verification import status_of
from evalkit.records.run import RunHeader
from evalkit.report.site.boards import SiteBoard
from evalkit.report.site.given import Given
from evalkit.report.site.places import file_name, method_page, signature_place
from evalkit.tables.extra_columns import conditions


def board_context(
    board: SiteBoard,
    groups: Sequence[dict[str, Any]],
    report: str | None,
    why_no_report: str,
    gates: dict[int, Sequence[Any]],
) -> dict[str, Any]:
    """For the template: `report` is the address of the report of the board's runs; `gates` are verdicts by row."""
    row = board.first.row
    return {
        "name": board.title,
        "protocol": f"{row.protocol} v{row.protocol_version}",
        "protocol_hash": row.protocol_hash,
        "data_hash": row.data_hash or "unknown",
        "task": task_words(row.task),
        "dataset": row.dataset,
        "description": board.words.description,
        "assumptions": board.words.assumptions,
        "citation": board.words.citation,
        "counts": _counts(board),
        "columns": board.columns,
        "rows": board.rows,
        "ranked_by": board.board.ranked_by,
        "left_out": board.board.left_out,
        "footnotes": [*board.table.footnotes, *_flags(board), conditions(board.measured).strip()],
        "marked": any(cell.mark for _, cells in board.table.rows for cell in cells),
        "groups": list(groups),
        "report": report,
        "why_no_report": why_no_report,
        "tested": bool(board.clips) and len(board.titles) > 1,
        "runs": [
            {"title": title, "facts": provenance(one), "gates": gates.get(index, ())}
            for index, (title, one) in enumerate(zip(board.titles, board.results, strict=True))
        ],
    }


def task_words(task: str) -> str:
    """ "Self-reenactment" or "Cross-reenactment"."""
    return task.replace("_", "-").capitalize()


def provenance(given: Given) -> list[tuple[str, str]]:
    """Where a row comes from; no path of the machine that made the site is in it."""
    row = given.entry.row
    checkpoint = row.identity.checkpoint_sha256
    changed = " (changed)" if row.provenance.dirty else ""
    told = [
        ("From", "a run" if given.run else "a leaderboard's row"),
        ("Status", status_words(row)),
        ("Made", row.created),
        ("Checkpoint", f"sha256 {checkpoint}" if checkpoint else "no checkpoint file"),
        ("Options", ", ".join(f"{k}={v}" for k, v in (row.identity.options or {}).items())),
        ("Trained on", _trained(given)),
        ("Machine", row.speed.machine),
        ("evalkit", f"{row.provenance.evalkit}, commit {row.provenance.commit or 'unknown'}{changed}"),
        ("Platform", _platform(given.header)),
    ]
    return [(name, text) for name, text in told if text]


def status_words(row: BoardRow) -> str:
    """Who stands for the numbers of a row, and for verified ones how many clips were scored again."""
    if row.verification is None:
        return status_of(None)
    checked = row.verification
    return f"verified on {checked.verified[:10]}: {len(checked.pairs)} of {checked.of} clips were scored again"


def _trained(given: Given) -> str:
    row = given.entry.row
    if row.trained_on is None:
        return "not stated"
    seen = " (the dataset of this protocol is among them)" if row.overlap else ""
    return (", ".join(row.trained_on) or "nothing") + seen


def _platform(header: RunHeader | None) -> str:
    facts = header.provenance if header else None
    return (
        ", ".join(part for part in (facts.platform, facts.python and f"Python {facts.python}") if part) if facts else ""
    )


def _counts(board: SiteBoard) -> list[tuple[int, str]]:
    people = {name for _, source, driving in board.pairs for name in (source, driving) if name}
    frames = max((m.frames for e in board.board.entries for m in e.row.metrics.values()), default=0)
    numbers = (
        (len(board.titles), "method", "methods"),
        (board.first.row.pairs.run, "pair", "pairs"),
        (len(people), "identity", "identities"),
        (frames, "frame per method", "frames per method"),
    )
    return [(number, one if number == 1 else many) for number, one, many in numbers]


def _flags(board: SiteBoard) -> list[str]:
    return [
        f"{title}: {'; '.join(entry.flags)}"
        for title, entry in zip(board.titles, board.board.entries, strict=True)
        if entry.flags
    ]


def site_data(board: SiteBoard) -> Mapping[str, Any]:
    """What scripts need to name the methods and metrics of a board.

    `others` are the places of signatures of numbers that cannot stand there, by "row,metric key".
    """
    clips = list(board.clips)
    columns = {column["key"]: column for column in board.columns}
    kept = ("key", "title", "variant", "better", "unit", "decimals", "href")
    return {
        "title": board.title,
        "task": board.first.row.task,
        "methods": [
            {
                "title": title,
                "anchor": entry.row.anchor,
                "name": file_name(entry.name),
                "href": method_page(entry.name),
            }
            for title, entry in zip(board.titles, board.board.entries, strict=True)
        ],
        "order": list(range(len(board.titles))),
        "others": {f"{row},{key}": signature_place(key, mark) for (row, key), mark in board.others.items()},
        "metrics": [
            {key: columns[column.key][key] for key in kept}
            | {"clips": clips.index(column.key) if column.key in clips else None}
            for column in board.metrics
        ],
    }
