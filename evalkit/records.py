"""Records: one row per pair, metric and frame, with a status; a missing value is null, never NaN and never 0."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evalkit.errors import RunError
from evalkit.files import atomic_path
from evalkit.types import Values

SCHEMA_VERSION = 1
OK, NO_FACE_GENERATED, NO_FACE_REFERENCE = "ok", "no_face_generated", "no_face_reference"
NO_COEFFICIENTS = "no_coefficients"
CARRIED, WORST_CASE = "carried", "worst_case"
"""Statuses. `no_coefficients`: the user brought no file for this clip. The last two say that a value was put in for a
missing face, by the policy of the protocol."""

_FRAME_SCHEMA = pa.schema(
    [
        ("pair", pa.string()),
        ("frame", pa.int32()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("status", pa.string()),
    ]
)


@dataclass(frozen=True)
class FrameScores:
    """One metric over the frames of one pair: `values` (T,), NaN where there is none, and `statuses` (T,) that say why.

    Frame t is the t-th generated frame, which answers the t-th driving frame the protocol selects.
    """

    pair: str
    metric: str
    values: Values
    statuses: tuple[str, ...]


def write_frames(path: Path, scores: Iterable[FrameScores], signatures: Mapping[str, str]) -> None:
    """Write `frames.parquet`: columns pair, frame, metric, value (null where there is none), status.

    `signatures` (metric key -> signature) travel in the file's metadata.
    """
    columns: dict[str, list[object]] = {name: [] for name in _FRAME_SCHEMA.names}
    for score in scores:
        columns["pair"] += [score.pair] * len(score.values)
        columns["frame"] += range(len(score.values))
        columns["metric"] += [score.metric] * len(score.values)
        columns["value"] += [None if np.isnan(value) else float(value) for value in score.values]
        columns["status"] += score.statuses
    write_table(path, pa.table(columns, schema=_FRAME_SCHEMA), signatures)


def read_frames(path: Path) -> list[FrameScores]:
    """Read what `write_frames` wrote, in the same order. Raises `RunError` for a newer schema or a damaged file."""
    table = read_table(path)
    (pairs, pair_names), (metrics, metric_names), (statuses, status_names) = (
        _codes(table, name) for name in ("pair", "metric", "status")
    )
    values = table["value"].to_numpy().astype(np.float64)
    _, first, group = np.unique(pairs * len(metric_names) + metrics, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))[group]
    rows = np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1])
    return [
        FrameScores(pair_names[pairs[r[0]]], metric_names[metrics[r[0]]], values[r], tuple(status_names[statuses[r]]))
        for r in rows
        if len(r)
    ]


def _codes(table: pa.Table, name: str) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """A text column as (rows,) indices into the texts it holds."""
    column = table[name].combine_chunks().dictionary_encode()
    return column.indices.to_numpy().astype(np.int64), np.array(column.dictionary.to_pylist(), dtype=object)


def read_signatures(path: Path) -> dict[str, str]:
    """Metric key -> signature of the scores in a record file. Raises `RunError` as `read_frames` does."""
    return dict(json.loads((read_table(path).schema.metadata or {}).get(b"signatures", b"{}")))


def write_table(path: Path, table: pa.Table, signatures: Mapping[str, str]) -> None:
    """Write a parquet file that carries its schema version and the signatures of what it holds, atomically."""
    metadata = {"schema_version": str(SCHEMA_VERSION), "signatures": json.dumps(dict(signatures), sort_keys=True)}
    with atomic_path(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata), temporary)


def read_table(path: Path) -> pa.Table:
    """Read a parquet file of this schema version or an older one. Raises `RunError` otherwise."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path}: cannot be read as a record file: {error}") from error
    version = int((table.schema.metadata or {}).get(b"schema_version", b"1"))
    check_schema(path, version)
    return table


def check_schema(path: Path, version: int) -> None:
    """Raise `RunError` for a file written by a newer evalkit."""
    if version > SCHEMA_VERSION:
        raise RunError(
            f"{path}: written with schema {version}; this evalkit reads up to {SCHEMA_VERSION}. Update evalkit."
        )
