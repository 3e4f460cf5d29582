"""`outcomes.parquet`: the outcomes of all pairs of a finished run, so that whoever needs them opens one file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from evalkit.base.validation import explain_invalid
from evalkit.errors import RunError
from evalkit.records.frame_scores import column_lists, read_table, write_table
from evalkit.records.run_folder import Outcome, RunFolder

_KINDS = {
    "frames": pa.int64(),
    "batch": pa.int64(),
    "peak_bytes": pa.int64(),
    "seconds": pa.float64(),
    "latency_s": pa.float64(),
}
_LISTS = ("source_frames", "notes")
OUTCOME_SCHEMA = pa.schema([(field.name, _KINDS.get(field.name, pa.string())) for field in fields(Outcome)])
"""The keys of `pairs/PAIR.json`; those that are lists there are JSON here."""


def write_outcomes(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes of a run, in the order of its pairs."""
    write_table(path, _table(outcomes), {})


class Outcomes(Mapping[str, Outcome]):
    """Pair id -> outcome; an object is made when it is asked for."""

    def __init__(self, columns: Mapping[str, Sequence[Any]], path: Path) -> None:
        self._columns, self._path = columns, path
        self._places = {pair: place for place, pair in enumerate(columns["pair"])}

    @cached_property
    def made(self) -> frozenset[str]:
        """Ids of the pairs that were made and scored."""
        pairs, statuses = self._columns["pair"], self._columns["status"]
        return frozenset(pair for pair, status in zip(pairs, statuses, strict=True) if status == "ok")

    def __getitem__(self, pair: str) -> Outcome:
        place = self._places[pair]
        row = {name: column[place] for name, column in self._columns.items()}
        try:
            row |= {name: tuple(json.loads(row[name])) for name in _LISTS if row[name] is not None}
            return Outcome(**row)
        except ValidationError as error:
            raise RunError(explain_invalid(self._path, error, Outcome)) from error
        except (ValueError, TypeError) as error:
            raise RunError(f"{self._path}: damaged ({error}). Restore it, or make it again.") from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def read_outcomes(folder: RunFolder) -> Outcomes:
    """The outcomes of a run: of a finished one out of one file, else out of a file per pair.

    Raises `RunError` for a damaged file or a newer schema.
    """
    if folder.outcomes.is_file():
        table = read_table(folder.outcomes, OUTCOME_SCHEMA.names).select(OUTCOME_SCHEMA.names)
    else:
        found = (folder.read_outcome(path.stem) for path in sorted(folder.path.glob("pairs/*.json")))
        table = _table([outcome for outcome in found if outcome is not None])
    return Outcomes(column_lists(table), folder.outcomes)


def _table(outcomes: Sequence[Outcome]) -> pa.Table:
    columns = {name: [getattr(outcome, name) for outcome in outcomes] for name in OUTCOME_SCHEMA.names}
    for name in _LISTS:
        columns[name] = [None if value is None else json.dumps(value) for value in columns[name]]
    return pa.table(columns, schema=OUTCOME_SCHEMA)
