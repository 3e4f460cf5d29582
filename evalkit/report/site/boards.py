"""Boards: results that may be compared, of one protocol over the same clips, ranked.

Within a board a metric has one signature, the one that most results have (the first of several). A number of another
signature is another metric: its place says so, and it takes no part in anything.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from evalkit.errors import EvalkitError
from evalkit.leaderboard.board import Board, make_board
from evalkit.leaderboard.entry import Entry
from evalkit.leaderboard.row import BoardRow
from evalkit.protocol.schema import find_protocol
from evalkit.records.output_rules import without_mark
from evalkit.records.run import MetricSummary
from evalkit.report.collect import ClipMatrix
from evalkit.report.site.cells import printed_columns, printed_rows
from evalkit.report.site.given import Given
from evalkit.statistics.ranking import Standing
from evalkit.tables.cells import Column
from evalkit.tables.extra_columns import costs_of_all
from evalkit.tables.options import TableOptions
from evalkit.tables.results import Measured, refuse_mixed_rows
from evalkit.tables.table import Table, table_of


@dataclass(frozen=True)
class ProtocolWords:
    """What the page of a protocol says of it."""

    description: str
    assumptions: tuple[str, ...]
    citation: str


@dataclass(frozen=True)
class SiteBoard:
    """Results in the order of ranks, anchors last.

    Attributes:
        slug: its file name: the id of the protocol, and digests of it and of the data.
        title: its heading; two boards of one title are told apart in it.
        board: the ranked rows.
        results: one per row.
        others: (index of a row, metric key) -> the signature of a number that cannot stand there; empty without one.
        words: of the protocol.
    """

    slug: str
    title: str
    board: Board
    results: tuple[Given, ...]
    others: Mapping[tuple[int, str], str]
    words: ProtocolWords

    @property
    def first(self) -> Entry:
        """Any row, for what all of them share."""
        return self.board.entries[0]

    @cached_property
    def measured(self) -> tuple[Measured, ...]:
        """The rows as tables take them."""
        return tuple(entry.measured() for entry in self.board.entries)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The names of the rows."""
        return tuple(one.title for one in self.measured)

    @cached_property
    def table(self) -> Table:
        """All metrics and costs, a row per result in the order of `results`."""
        return table_of(self.measured, TableOptions(columns=costs_of_all(self.measured), bold="interval"))

    @cached_property
    def metrics(self) -> tuple[Column, ...]:
        """The columns that are metrics."""
        known = {key for entry in self.board.entries for key in entry.row.metrics}
        return tuple(column for column in self.table.columns if column.key in known)

    @cached_property
    def standings(self) -> tuple[Standing | None, ...]:
        """The standing of each row; None for those that are not ranked."""
        return tuple(self.board.standings.get(entry.name) for entry in self.board.entries)

    @cached_property
    def pairs(self) -> tuple[tuple[str, str, str], ...]:
        """Pair, source identity and driving identity of every pair that some row has."""
        rows = [zip(e.clips.pairs, e.clips.sources, e.clips.drivings, strict=True) for e in self.board.entries]
        return tuple({name: (name, source, driving) for each in rows for name, source, driving in each}.values())

    @cached_property
    def clips(self) -> Mapping[str, ClipMatrix]:
        """Metric key -> clip means (M, P) and, in place of coverage, the frames behind them."""
        keys = [column.key for column in self.metrics if any(column.key in e.clips.values for e in self.board.entries)]
        return {key: self._matrix(key) for key in keys}

    @cached_property
    def columns(self) -> list[dict[str, Any]]:
        """The columns as pages print them."""
        return printed_columns(self.table, self.signature, list(self.clips))

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as pages print them."""
        return printed_rows(self.table, self.board.entries, self.standings, self.others)

    def signature(self, key: str) -> str | None:
        """The signature of a metric of this board, without what was done to outputs."""
        found = (entry.row.metrics.get(key) for entry in self.board.entries)
        return next((without_mark(metric.signature) for metric in found if metric and metric.signature), None)

    def _matrix(self, key: str) -> ClipMatrix:
        places = {name: place for place, (name, _, _) in enumerate(self.pairs)}
        means, frames = (np.full((len(self.results), len(places)), fill) for fill in (np.nan, 0.0))
        for row, entry in enumerate(self.board.entries):
            if (row, key) in self.others:
                continue
            for pair, (value, n) in zip(entry.clips.pairs, entry.clips.values.get(key, ()), strict=False):
                means[row, places[pair]] = np.nan if value is None else value
                frames[row, places[pair]] = n
        return ClipMatrix(means, frames)


def make_boards(given: Sequence[Given]) -> list[SiteBoard]:
    """The boards of all results, in the order in which their protocols were given.

    Raises `RunError` when two results of one board have one name, when results of one name were made with other weights
    or options, and when outputs of one board were resized by different filters.
    """
    groups: dict[tuple[str, str, str | None], list[Given]] = {}
    for one in given:
        row = one.entry.row
        groups.setdefault((row.protocol, row.protocol_hash, row.data_hash), []).append(one)
    refuse_mixed_rows([one.entry.measured() for one in given])
    headings: dict[str, list[BoardRow]] = {}
    for found in groups.values():
        headings.setdefault(found[0].entry.row.heading, []).append(found[0].entry.row)
    return [
        _board(
            found,
            # Always with the digests, so that an address stays what it is when a second board of the protocol comes.
            f"{protocol}-{digest[:6]}{(data or 'none')[:6]}",
            _told_apart(found[0].entry.row, headings[found[0].entry.row.heading]),
        )
        for (protocol, digest, data), found in groups.items()
    ]


def _told_apart(row: BoardRow, rows: Sequence[BoardRow]) -> str:
    """The title of a board among `rows` of boards of the same title: with as much behind it as tells them apart."""
    own, known = _marks(row), [_marks(other) for other in rows]
    parts: list[str] = []
    for place, mark in enumerate(own):
        if len({marks[:place] for marks in known}) == len(known):
            break
        if len({marks[place] for marks in known}) > 1:
            parts.append(mark)
    return f"{row.heading} ({', '.join(parts)})" if parts else row.heading


def _marks(row: BoardRow) -> tuple[str, ...]:
    """What boards of one title can differ in, what says most first."""
    pairs, data = f"{row.pairs.run} of {row.pairs.protocol} pairs", f"data {(row.data_hash or 'unknown')[:6]}"
    return f"v{row.protocol_version}", pairs, data, row.protocol, f"hash {row.protocol_hash[:6]}"


def _board(found: Sequence[Given], slug: str, title: str) -> SiteBoard:
    kept = _usual_signatures(found)
    rows = [replace(one, entry=_without_others(one.entry, kept)) for one in found]
    board = make_board(found[0].entry.row.protocol, [one.entry for one in rows])
    by_path = {one.entry.path: one for one in rows}
    order = sorted(board.entries, key=lambda entry: entry.row.anchor)
    ordered = replace(board, entries=tuple(order))
    results = tuple(by_path[entry.path] for entry in ordered.entries)
    full = {one.entry.path: one.entry for one in found}
    others = {
        (place, key): metric.signature or ""
        for place, one in enumerate(results)
        for key, metric in full[one.entry.path].row.metrics.items()
        if _is_other(key, metric, kept)
    }
    return SiteBoard(slug, title, ordered, results, others, _words(found))


def _usual_signatures(found: Sequence[Given]) -> dict[str, str]:
    """Metric key -> the signature that most results have."""
    counts: dict[str, Counter[str]] = {}
    for one in found:
        for key, metric in one.entry.row.metrics.items():
            if metric.signature:
                counts.setdefault(key, Counter())[without_mark(metric.signature)] += 1
    return {key: count.most_common(1)[0][0] for key, count in counts.items()}


def _is_other(key: str, metric: MetricSummary, kept: Mapping[str, str]) -> bool:
    if metric.value is None:
        return False
    return metric.signature is None or without_mark(metric.signature) != kept.get(key)


def _without_others(entry: Entry, kept: Mapping[str, str]) -> Entry:
    """The row with what is no number of this board taken out."""
    if not any(_is_other(key, metric, kept) for key, metric in entry.row.metrics.items()):
        return entry
    reason = "another signature: values of another signature are another metric"
    nothing = {"value": None, "ci_low": None, "ci_high": None, "status": "unavailable", "signature": None}
    metrics = {
        key: metric.model_copy(update={**nothing, "reason": reason}) if _is_other(key, metric, kept) else metric
        for key, metric in entry.row.metrics.items()
    }
    return replace(entry, row=entry.row.model_copy(update={"metrics": metrics}))


def _words(found: Sequence[Given]) -> ProtocolWords:
    """What is said of the protocol: as a run recorded it, or as it comes with evalkit if it is that one."""
    for one in found:
        if one.protocol is not None:
            citation = str(one.protocol.content.get("citation", ""))
            return ProtocolWords(one.protocol.description.strip(), one.protocol.assumptions, citation)
    row = found[0].entry.row
    for name in (row.protocol, f"{row.protocol}@{row.protocol_version}"):
        try:
            known = find_protocol(name)
        except EvalkitError:  # a protocol of somebody's own
            continue
        if known.hash == row.protocol_hash:
            return ProtocolWords(known.description.strip(), known.assumptions, known.citation)
    return ProtocolWords("", (), "")
