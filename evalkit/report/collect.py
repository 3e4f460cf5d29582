"""Runs of one protocol, read and checked: methods, pairs, and the clip means of every metric as matrices."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evalkit.base.garbage import without_collection
from evalkit.errors import RunError
from evalkit.records.all_outcomes import Outcomes, read_outcomes
from evalkit.records.clip_scores import ClipColumns, read_clip_columns
from evalkit.records.frame_table import FrameTable, no_frames, read_frame_table
from evalkit.records.protocol_facts import ProtocolFacts
from evalkit.records.run import RunHeader, Summary, read_header
from evalkit.records.run_folder import RunFolder
from evalkit.runs.common_frames import on_common_frames
from evalkit.runs.run_pairs import finished_pairs
from evalkit.tables.cells import Column
from evalkit.tables.extra_columns import costs_of_all
from evalkit.tables.options import TableOptions
from evalkit.tables.results import Measured, read_measured
from evalkit.tables.table import Table, table_of
from evalkit.types import Values

_SPECIAL = re.compile(r"[^A-Za-z0-9_-]+")
_SLUG = 60


@dataclass(frozen=True)
class MethodRun:
    """One method: its result, its folder and what `run.json` says."""

    measured: Measured
    folder: RunFolder
    header: RunHeader


class PairFacts(NamedTuple):
    """A pair as the site knows it. There may be very many, so it is made quickly."""

    id: str
    source_identity: str
    driving_identity: str

    @property
    def slug(self) -> str:
        """Its id as a file name that needs no escaping in an address."""
        return slug(self.id)

    @property
    def people(self) -> tuple[str, ...]:
        """Who is in it, each once."""
        return tuple(dict.fromkeys(name for name in (self.source_identity, self.driving_identity) if name))


@dataclass(frozen=True)
class ClipMatrix:
    """One metric over M methods and P pairs: `means` (M, P) with NaN where missing, and `coverage` (M, P)."""

    means: Values
    coverage: Values


@dataclass(frozen=True)
class Comparison:
    """All that is compared. `table` has one row per method, in the order of `methods`."""

    methods: tuple[MethodRun, ...]
    pairs: tuple[PairFacts, ...]
    table: Table
    clips: Mapping[str, ClipMatrix]

    @property
    def protocol(self) -> ProtocolFacts:
        """The protocol as `run.json` holds it."""
        return self.methods[0].header.protocol

    @property
    def summary(self) -> Summary:
        """The summary of the first run, for what all runs share: protocol, version, hash, task, number of pairs."""
        return self.methods[0].measured.summary

    @cached_property
    def people(self) -> frozenset[str]:
        """All identities of sources and driving clips."""
        return frozenset(n for pair in self.pairs for n in (pair.source_identity, pair.driving_identity) if n)

    @cached_property
    def metrics(self) -> tuple[Column, ...]:
        """Columns that are metrics: all of the table but those of speed and memory."""
        known = {key for method in self.methods for key in method.measured.summary.metrics}
        return tuple(column for column in self.table.columns if column.key in known)

    @cached_property
    def paired(self) -> tuple[Column, ...]:
        """Metrics that have a value for every clip; set metrics such as FID have none."""
        return tuple(column for column in self.metrics if column.key in self.clips)

    @cached_property
    def outcomes(self) -> tuple[Outcomes, ...]:
        """Per method: pair id -> outcome."""
        return tuple(read_outcomes(method.folder) for method in self.methods)

    @cached_property
    def frames(self) -> tuple[FrameTable, ...]:
        """Per method: (pair id, metric key) -> frame scores; empty for a run that was copied without them."""
        paths = [method.folder.frames for method in self.methods]
        return tuple(read_frame_table(path) if path.is_file() else no_frames() for path in paths)


def collect(runs: Sequence[Path]) -> Comparison:
    """Read finished runs.

    Raises `RunError` when a folder is not a run folder, was written by a newer evalkit, cannot share a table with the
    others (the difference is named), or has the same name as another.
    """
    if not runs:
        raise RunError("A report needs at least one run folder.")
    measured = [read_measured(path) for path in runs]
    table = table_of(_of_one_protocol(measured), TableOptions(columns=costs_of_all(measured)))
    table = replace(table, footnotes=(*table.footnotes, *_on_common_frames(table, runs)))
    methods = tuple(
        MethodRun(result, RunFolder(path), read_header(path)) for result, path in zip(measured, runs, strict=True)
    )
    with without_collection():
        tables = [read_clip_columns(method.folder.clips) for method in methods]
        pairs = _pairs(methods, tables)
        return Comparison(methods, pairs, table, _matrices(tables, pairs))


def _on_common_frames(table: Table, runs: Sequence[Path]) -> list[str]:
    """A line per column of uneven coverage: the values over the frames that all rows have."""
    uneven = [column for column in table.columns if column.sign]
    if not uneven or not all(RunFolder(path).frames.is_file() for path in runs):
        return []
    results, lines = on_common_frames(runs), []
    for column in uneven:
        found = [(result.title, result.summary.metrics.get(column.key)) for result in results]
        known = [(title, entry) for title, entry in found if entry is not None and entry.value is not None]
        values = ", ".join(f"{title} {entry.value:.{column.decimals}f}" for title, entry in known)
        if known:
            share = min(entry.coverage for _, entry in known)
            lines.append(f"{column.key} over the {share:.1%} of frames that all rows have: {values}")
    return lines


def slug(name: str) -> str:
    """A file name of plain letters for any `name`; two names never share one."""
    readable = _SPECIAL.sub("_", name).strip("_")[:_SLUG]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")


def _of_one_protocol(results: Sequence[Measured]) -> Sequence[Measured]:
    """Tables take several protocols side by side; pages about pairs cannot."""
    first = results[0]
    for result in results:
        if result.protocol != first.protocol:
            raise RunError(
                f"{first.name} and {result.name} cannot share a report: they are runs of {first.protocol} and "
                f"{result.protocol}. Make one report per protocol."
            )
    return results


def _pairs(methods: Sequence[MethodRun], tables: Sequence[ClipColumns]) -> tuple[PairFacts, ...]:
    """Pairs in the protocol's order; by name when no metric is there that would list them."""
    people: dict[str, tuple[str, str]] = {}
    for table in reversed(tables):  # where two runs name other people, the first one's count
        people |= dict(zip(table.pair_names, table.people, strict=True))
    names = list(dict.fromkeys(chain.from_iterable(table.pair_names for table in tables)))
    names = names or sorted({name for method in methods for name in finished_pairs(method.folder)})
    return tuple(PairFacts(name, *people.get(name, ("", ""))) for name in names)


def _matrices(tables: Sequence[ClipColumns], pairs: Sequence[PairFacts]) -> dict[str, ClipMatrix]:
    """Metric key -> clip means of all methods."""
    place = {pair.id: index for index, pair in enumerate(pairs)}
    places = [np.array([place[name] for name in table.pair_names], np.int64) for table in tables]

    def matrix(key: str) -> ClipMatrix:
        means, coverage = np.full((2, len(tables), len(pairs)), np.nan)
        for row, table in enumerate(tables):
            if key in table.metric_names:
                mine = np.flatnonzero(table.metrics == table.metric_names.index(key))
                columns = places[row][table.pairs[mine]]
                means[row, columns], coverage[row, columns] = table.means[mine], table.coverage[mine]
        return ClipMatrix(means, coverage)

    return {key: matrix(key) for key in dict.fromkeys(key for table in tables for key in table.metric_names)}
