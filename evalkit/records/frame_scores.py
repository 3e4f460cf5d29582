"""Records: one row per pair, metric and frame, with a status; a missing value is null, never NaN and never 0.

A record file states a digest of what is read from it, so that a damaged one is noticed wherever the damage is.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    scores = list(scores)
    lengths = [len(score.values) for score in scores]
    values = np.concatenate([np.zeros(0), *(score.values for score in scores)])
    columns = [
        _repeated([score.pair for score in scores], lengths),
        pa.array(np.concatenate([np.zeros(0, np.int32), *map(np.arange, lengths)]).astype(np.int32)),
        _repeated([score.metric for score in scores], lengths),
        pa.array(values, mask=np.isnan(values)),
        pa.array([status for score in scores for status in score.statuses], pa.string()),
    ]
    write_table(path, pa.table(columns, schema=_FRAME_SCHEMA), signatures)


def _repeated(texts: Sequence[str], times: Sequence[int]) -> pa.Array:
    places = np.repeat(np.arange(len(texts), dtype=np.int32), times)
    return pa.array(texts, pa.string()).take(pa.array(places))


@dataclass(frozen=True)
class FrameColumns:
    """The (rows,) columns of a record file. Pairs, metrics and statuses are places in their names."""

    pairs: NDArray[np.int32]
    pair_names: NDArray[np.object_]
    metrics: NDArray[np.int32]
    metric_names: NDArray[np.object_]
    values: Values
    statuses: NDArray[np.int32]
    status_names: NDArray[np.object_]

    @property
    def groups(self) -> NDArray[np.int64]:
        """(rows,) a number for each pair and metric."""
        return self.pairs.astype(np.int64) * len(self.metric_names) + self.metrics


def read_columns(path: Path) -> FrameColumns:
    """Read what `write_frames` wrote. Raises `RunError` for a newer schema or a damaged file."""
    table, texts = _read(path, _FRAME_SCHEMA.names, coded=("pair", "metric", "status"))
    for name, kind in zip(_FRAME_SCHEMA.names, _FRAME_SCHEMA.types, strict=True):
        column = table[name]
        if _kind(column) != kind or (column.null_count and kind != pa.float64()):  # only scores are missing sometimes
            raise RunError(f"{path}: cannot be read as a record file: column {name} holds {_kind(column)}.")
    values = table["value"].to_numpy().astype(np.float64, copy=False)
    return FrameColumns(*_codes(texts["pair"]), *_codes(texts["metric"]), values, *_codes(texts["status"]))


def read_frames(path: Path) -> list[FrameScores]:
    """Read what `write_frames` wrote, in the same order. Raises `RunError` as `read_columns` does."""
    found = read_columns(path)
    pairs, metrics, statuses = found.pairs, found.metrics, found.statuses
    _, first, group = np.unique(found.groups, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))[group]
    rows = np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1])
    return [
        FrameScores(
            found.pair_names[pairs[r[0]]],
            found.metric_names[metrics[r[0]]],
            found.values[r],
            tuple(found.status_names[statuses[r]]),
        )
        for r in rows
        if len(r)
    ]


def _codes(column: pa.DictionaryArray) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
    """A text column as (rows,) indices into the texts it holds."""
    return column.indices.to_numpy().astype(np.int32, copy=False), np.array(column.dictionary.to_pylist(), dtype=object)


def column_lists(table: pa.Table) -> dict[str, list[Any]]:
    """The columns of a table as lists, None for null; equal texts are one object, of which there may be many rows."""
    return {name: _as_list(table[name]) for name in table.column_names}


def _as_list(column: pa.ChunkedArray) -> list[Any]:
    if not pa.types.is_string(column.type):
        found: list[Any] = column.to_pylist()
        return found
    encoded = column.combine_chunks().dictionary_encode()
    texts = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    return list(texts[encoded.indices.fill_null(len(texts) - 1).to_numpy()])


def read_signatures(path: Path) -> dict[str, str]:
    """Metric key -> signature of the scores in a record file. Raises `RunError` as `read_frames` does."""
    return _signatures(read_table(path))


def write_table(path: Path, table: pa.Table, signatures: Mapping[str, str]) -> None:
    """Write a parquet file that with its schema version, a digest, and the signatures of what it holds, atomically."""
    metadata = {"schema_version": str(SCHEMA_VERSION), "signatures": json.dumps(dict(signatures), sort_keys=True)}
    metadata["sha256"] = _digest(table, signatures, _texts(table))
    with atomic_path(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata), temporary.absolute())


def read_table(path: Path, columns: Sequence[str] = ()) -> pa.Table:
    """Read a parquet file of this schema version or an older one that has `columns`.

    Raises `RunError` for another file, a damaged one, and one that is not what its digest says; schema 1 had none.
    """
    return _read(path, columns)[0]


def _read(
    path: Path, columns: Sequence[str], coded: Sequence[str] = ()
) -> tuple[pa.Table, Mapping[str, pa.DictionaryArray]]:
    """The table of a parquet file, and its text columns as places in the texts they hold; `coded` ones only so."""
    try:
        # A colon in a relative path would make it an address. Read as one file, texts come in few parts.
        there = pq.read_schema(path.absolute()).names
        with pq.ParquetFile(path.absolute(), read_dictionary=[name for name in coded if name in there]) as file:
            table = file.read()
        metadata = table.schema.metadata or {}
        version = int(metadata[b"schema_version"])
        check_schema(path, version)
        texts = _texts(table)
        digest = _digest(table, _signatures(table), texts)
    except (OSError, pa.ArrowException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"{path}: cannot be read as a record file: {error!r}") from error
    stated = metadata.get(b"sha256")
    if (version > 1 or stated) and stated != digest.encode():
        if coded:  # a file of another writer may list texts in another order than they come
            return _read(path, columns)
        raise RunError(f"{path}: damaged, it does not hold what its digest says. Restore it, or make it again.")
    if missing := [name for name in columns if name not in table.column_names]:
        raise RunError(f"{path}: cannot be read as a record file: it has no column {', '.join(missing)}")
    return table, texts


def check_schema(name: object, version: int) -> None:
    """Raise `RunError` for a file (called `name`) that a newer evalkit wrote."""
    if version > SCHEMA_VERSION:
        raise RunError(
            f"{name}: written with schema {version}; this evalkit reads up to {SCHEMA_VERSION}. Update evalkit."
        )


def _signatures(table: pa.Table) -> dict[str, str]:
    return dict(json.loads((table.schema.metadata or {}).get(b"signatures", b"{}")))


def _texts(table: pa.Table) -> dict[str, pa.DictionaryArray]:
    names = [name for name in table.column_names if pa.types.is_string(_kind(table[name]))]
    return {name: table[name].unify_dictionaries().combine_chunks().dictionary_encode() for name in names}


def _kind(column: pa.ChunkedArray) -> pa.DataType:
    """What a column holds, coded or not."""
    return column.type.value_type if pa.types.is_dictionary(column.type) else column.type


def _digest(table: pa.Table, signatures: Mapping[str, str], texts: Mapping[str, pa.DictionaryArray]) -> str:
    """sha256 of what is read from a table: its signatures, and the names, types and values of its columns.

    Page checksums of parquet would leave out headers and names. Nulls count as nulls, not as the bytes stored for them.
    """
    digest = hashlib.sha256(json.dumps([sorted(signatures.items()), len(table)]).encode())
    for name in table.column_names:
        digest.update(json.dumps([name, str(_kind(table[name]))]).encode())
        if name in texts:
            digest.update(json.dumps(texts[name].dictionary.to_pylist()).encode())
        column = texts[name].indices if name in texts else table[name].combine_chunks()
        digest.update(np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.uint8).data)
        filled = column.fill_null(0) if column.null_count else column
        digest.update(np.ascontiguousarray(filled.to_numpy(zero_copy_only=False)).data)
    return digest.hexdigest()
