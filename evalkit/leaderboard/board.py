"""All rows of one protocol, checked to be comparable, ranked, and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalkit.errors import RunError, UnknownNameError
from evalkit.leaderboard.entry import Entry, read_entry, write_entry
from evalkit.leaderboard.verification import RowVerification
from evalkit.protocol.schema import list_protocols
from evalkit.statistics.ranking import MetricScores, Standing, standings
from evalkit.tables.cells import NOTHING, Cell, Column, words
from evalkit.tables.extra_columns import costs_of_all
from evalkit.tables.options import TableOptions
from evalkit.tables.paper_tables import add_reported
from evalkit.tables.papers import Paper, list_papers
from evalkit.tables.results import refuse_unlike
from evalkit.tables.table import Table, table_of
from evalkit.tables.words import Extra


@dataclass(frozen=True)
class Board:
    """The rows of a protocol, best first, then those that are not ranked.

    `standings` are by row name, for ranked rows only. `ranked_by` are the metrics every ranked row has; `left_out`
    those that some row does not have.
    """

    protocol: str
    entries: tuple[Entry, ...]
    standings: dict[str, Standing]
    ranked_by: tuple[str, ...]
    left_out: tuple[str, ...]


def list_boards(leaderboards: Path) -> list[Board]:
    """The boards of all protocols that have rows, by protocol. Raises `RunError` as `read_board` does."""
    folders = sorted(path.parent for path in leaderboards.glob("*/*.json"))
    return [read_board(leaderboards, name) for name in dict.fromkeys(folder.name for folder in folders)]


def read_board(leaderboards: Path, protocol: str) -> Board:
    """The board of a protocol.

    Raises `UnknownNameError` when it has no rows, `RunError` when a file is damaged or rows cannot be compared.
    """
    paths = sorted((leaderboards / protocol).glob("*.json"))
    if not paths:
        known = {path.parent.name for path in leaderboards.glob("*/*.json")}
        if protocol not in {known_protocol.id for known_protocol in list_protocols()}:
            papers = (paper.id for paper in list_papers(leaderboards))
            raise UnknownNameError("leaderboard or paper with published numbers", protocol, {*known, *papers})
        raise RunError(
            f"The leaderboard of {protocol} in {leaderboards} is empty. Add a row with `evalkit leaderboard add RUN`."
        )
    return make_board(protocol, [read_entry(path) for path in paths])


def make_board(protocol: str, entries: Sequence[Entry]) -> Board:
    """Check, rank and order rows. Raises `RunError` with the difference when two cannot be compared."""
    refuse_unlike([entry.measured() for entry in entries])
    ranked = [entry for entry in entries if entry.ranked]
    keys = list(dict.fromkeys(key for entry in ranked for key in entry.row.metrics))
    common = tuple(key for key in keys if all(_value(entry, key) is not None for entry in ranked))
    places: dict[str, Standing] = {}
    if len(ranked) > 1 and common:
        clips = ranked[0].clips
        found = standings([_scores(key, ranked) for key in common], clips.sources, clips.drivings)
        places = {entry.name: standing for entry, standing in zip(ranked, found, strict=True)}
    last = len(entries) + 1
    ordered = sorted(entries, key=lambda e: (not e.ranked, places[e.name].rank if e.name in places else last, e.name))
    left_out = tuple(key for key in keys if key not in common)
    return Board(protocol, tuple(ordered), places, common, left_out)


def add_entry(leaderboards: Path, entry: Entry, *, force: bool = False) -> Board:
    """Write a row into its board, over an older row of the same method, weights and options.

    Raises `RunError` when it cannot be compared with the rows there, or would replace a row of other weights or
    options (with `force` it may).
    """
    others = [read_entry(path) for path in sorted(entry.path.parent.glob("*.json")) if path != entry.path]
    board = make_board(entry.row.protocol, [*others, entry])
    there = read_entry(entry.path).row.identity if entry.path.is_file() else entry.row.identity
    if not force and (difference := there.difference(entry.row.identity)):
        raise RunError(
            f"{entry.path} holds a row whose {difference}. Run again with --tag NAME to keep both, or replace it with "
            "--force."
        )
    write_entry(entry)
    return board


def board_table(board: Board) -> Table:
    """The board as a table: rank with its interval, Borda score, the metrics, the costs, overlap and status."""
    results = [entry.measured() for entry in board.entries]
    speed: tuple[Extra, ...] = ("fps",) if any(result.fps for result in results) else ()
    table = table_of(results, TableOptions(columns=(*(costs_of_all(results) or speed), "status")))
    rows = []
    for entry, (title, cells) in zip(board.entries, table.rows, strict=True):
        standing = board.standings.get(entry.name)
        rows.append((title, (_rank(standing), _borda(standing), *cells[:-1], _overlap(entry), cells[-1])))
    columns = (
        Column("rank", "Rank", "", "", 0),
        Column("borda", "Borda", "", "", 2),
        *table.columns[:-1],
        Column("overlap", "Overlap", "", "", 0),
        table.columns[-1],
    )
    return replace(table, columns=columns, rows=tuple(rows), footnotes=(*table.footnotes, *_footnotes(board)))


def with_papers(table: Table, papers: Sequence[tuple[Paper, str]]) -> Table:
    """The table of a board with rows of papers below it, each a paper and the number of a table; none is ranked.

    Raises `UnknownNameError` for a table the paper does not have, `RunError` when no number of it belongs here.
    """
    for paper, number in papers:
        table = add_reported(table, paper, number)
    return table


def _value(entry: Entry, key: str) -> float | None:
    metric = entry.row.metrics.get(key)
    return None if metric is None or metric.status != "ok" else metric.value


def _scores(key: str, ranked: Sequence[Entry]) -> MetricScores:
    better = ranked[0].row.metrics[key].better
    values = np.array([_value(entry, key) for entry in ranked], dtype=np.float64)
    pairs = ranked[0].clips.pairs
    if any(key not in entry.clips.values or entry.clips.pairs != pairs for entry in ranked):
        return MetricScores(key, better, values)
    clips = np.array([[value for value, _ in entry.clips.values[key]] for entry in ranked], dtype=np.float64)
    frames = np.array([[n for _, n in entry.clips.values[key]] for entry in ranked], dtype=np.float64)
    by_frame = "frame>protocol" in (ranked[0].row.metrics[key].signature or "")
    return MetricScores(key, better, values, clips, frames if by_frame else np.ones_like(frames))


def _rank(standing: Standing | None) -> Cell:
    if standing is None:
        return NOTHING
    spread = "" if standing.low is None else f" [{standing.low}-{standing.high}]"
    return Cell(standing.rank, "", None, standing.low, standing.high, "", f"{standing.rank}{spread}")


def _borda(standing: Standing | None) -> Cell:
    return Cell(standing.score, "", None, None, None, "") if standing else NOTHING


def _overlap(entry: Entry) -> Cell:
    text = {True: "yes", False: "no", None: "not stated"}[entry.row.overlap]
    return words(text)


def _footnotes(board: Board) -> list[str]:
    notes = []
    if board.standings:
        by = ", ".join(board.ranked_by)
        notes.append(
            f"Rank by Borda score over {by}; in brackets where the rank lies in 95% of cases with other people"
        )
    if board.left_out:
        notes.append(f"Not used for ranks, because some row does not have it: {', '.join(board.left_out)}")
    for entry in board.entries:
        if checked := entry.row.verification:
            notes.append(_verified(entry.measured().title, checked))
        if entry.flags:
            notes.append(f"{entry.measured().title}: {'; '.join(entry.flags)}")
    saw = [
        f"{entry.measured().title} ({', '.join(entry.row.trained_on or ())})"
        for entry in board.entries
        if entry.row.overlap
    ]
    if saw:
        notes.append(
            f"Overlap: trained on the dataset of this protocol (usually on its other people): {', '.join(saw)}"
        )
    return notes


def _verified(title: str, checked: RowVerification) -> str:
    lacking = f", without {', '.join(checked.not_again)}" if checked.not_again else ""
    return (
        f"{title}: {len(checked.pairs)} of {checked.of} clips were scored again on {checked.verified[:10]}, "
        f"the other numbers follow from the submitted scores{lacking}"
    )
