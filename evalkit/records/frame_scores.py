"""Records: one row per pair, metric and frame, with a status; a missing value is null, never NaN and never 0.

A record file states a digest of what is read from it, so that a damaged one is noticed wherever the damage is.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evalkit.base.files import atomic_path
from evalkit.errors import RunError
from evalkit.types import Values

SCHEMA_VERSION = 3
"""Of every file with a `schema_version`. Files of older versions are read, those of newer ones refused."""
OK, NO_FACE_GENERATED, NO_FACE_REFERENCE = "ok", "no_face_generated", "no_face_reference"
NO_COEFFICIENTS, NO_SOUND, UNDEFINED = "no_coefficients", "no_sound", "undefined"
CARRIED, WORST_CASE = "carried", "worst_case"
"""Statuses. `no_coefficients`: the user supplied no file for this clip. `undefined`: there is
nothing to measure at this frame, for any method (too early in the clip, or the driving clip does not do what the metric
is about). `no_sound`: the driving clip has none, or none that the metric can take (it needs 25 frames per second).
Frames of these two are not counted in the coverage. The last two mean that a value was filled in for a missing face, by
the policy of the protocol."""
NOT_COUNTED = (UNDEFINED, NO_SOUND)
"""Statuses of frames that no method could have had a value for."""

FRAME_COLUMNS = {
    "pair": (pa.string(), "Id of the pair."),
    "frame": (pa.int32(), "Place in the generated clip, from 0; it answers the driving frame of that place."),
    "metric": (pa.string(), "Key of the metric."),
    "value": (pa.float64(), "The score; null for a missing value."),
    "status": (pa.string(), "`ok`, or why the value is missing or not this frame's own."),
}
"""Columns of frame scores: type and meaning."""
_FRAME_SCHEMA = pa.schema([(name, kind) for name, (kind, _) in FRAME_COLUMNS.items()])


@dataclass(frozen=True)
class FrameScores:
    """One metric over the frames of one pair: `values` (T,), NaN where missing, and `statuses` (T,) with the reasons.

    Frame t is the t-th generated frame, which answers the t-th driving frame the protocol selects.
    """

    pair: str
    metric: str
    values: Values
    statuses: tuple[str, ...]


def write_frames(path: Path, scores: Iterable[FrameScores], signatures: Mapping[str, str]) -> None:
    """Write `frames.parquet`: columns pair, frame, metric, value (null where missing), status.

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
    table = read_table(path, _FRAME_SCHEMA.names)
    if wrong := [
        name for name, kind in zip(_FRAME_SCHEMA.names, _FRAME_SCHEMA.types, strict=True) if _unlike(table[name], kind)
    ]:
        raise RunError(f"{path}: cannot be read as a record file: column {wrong[0]} holds {table[wrong[0]].type}.")
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


def _unlike(column: pa.ChunkedArray, kind: pa.DataType) -> bool:
    """Whether a column is of another type; only scores are missing sometimes."""
    return column.type != kind or bool(column.null_count and kind != pa.float64())


def _codes(table: pa.Table, name: str) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """A text column as (rows,) indices into the texts it holds."""
    column = table[name].combine_chunks().dictionary_encode()
    return column.indices.to_numpy().astype(np.int64), np.array(column.dictionary.to_pylist(), dtype=object)


def read_signatures(path: Path) -> dict[str, str]:
    """Metric key -> signature of the scores in a record file. Raises `RunError` as `read_frames` does."""
    return _signatures(read_table(path))


def write_table(path: Path, table: pa.Table, signatures: Mapping[str, str]) -> None:
    """Write a parquet file that with its schema version, a digest, and the signatures of what it holds, atomically."""
    metadata = {"schema_version": str(SCHEMA_VERSION), "signatures": json.dumps(dict(signatures), sort_keys=True)}
    metadata["sha256"] = _digest(table, signatures)
    with atomic_path(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata), temporary.absolute())


def read_table(path: Path, columns: Sequence[str] = ()) -> pa.Table:
    """Read a parquet file of this schema version or an older one that has `columns`.

    Raises `RunError` for another file, a damaged one, and one that is not what its digest says; schema 1 had none.
    """
    try:
        table = pq.read_table(path.absolute())  # a colon in a relative path would make it an address
        metadata = table.schema.metadata or {}
        version = int(metadata[b"schema_version"])
        check_schema(path, version)
        digest = _digest(table, _signatures(table))
    except (OSError, pa.ArrowException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"{path}: cannot be read as a record file: {error!r}") from error
    stated = metadata.get(b"sha256")
    if (version > 1 or stated) and stated != digest.encode():
        raise RunError(f"{path}: damaged, it does not hold what its digest says. Restore it, or make it again.")
    if missing := [name for name in columns if name not in table.column_names]:
        raise RunError(f"{path}: cannot be read as a record file: it has no column {', '.join(missing)}")
    return table


def check_schema(name: object, version: int) -> None:
    """Raise `RunError` for a file (called `name`) that a newer evalkit wrote."""
    if version > SCHEMA_VERSION:
        raise RunError(
            f"{name}: written with schema {version}; this evalkit reads up to {SCHEMA_VERSION}. Update evalkit."
        )


def _signatures(table: pa.Table) -> dict[str, str]:
    return dict(json.loads((table.schema.metadata or {}).get(b"signatures", b"{}")))


def _digest(table: pa.Table, signatures: Mapping[str, str]) -> str:
    """sha256 of what is read from a table: its signatures, and the names, types and values of its columns.

    Page checksums of parquet would leave out headers and names. Nulls count as nulls, not as the bytes stored for them.
    """
    digest = hashlib.sha256(json.dumps([sorted(signatures.items()), len(table)]).encode())
    for name in table.column_names:
        column = table[name].combine_chunks()
        digest.update(json.dumps([name, str(column.type)]).encode())
        if pa.types.is_string(column.type):
            found = column.dictionary_encode()
            digest.update(json.dumps(found.dictionary.to_pylist()).encode())
            column = found.indices
        digest.update(np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.uint8).tobytes())
        digest.update(column.fill_null(0).to_numpy(zero_copy_only=False).tobytes())
    return digest.hexdigest()
