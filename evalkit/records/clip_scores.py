"""`clips.parquet` of a run: one row per metric and pair, checked when it is read, since anybody may have written it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evalkit.errors import RunError
from evalkit.records.frame_scores import read_table
from evalkit.types import Values

_TEXTS = ("pair", "source_identity", "driving_identity", "metric", "status")
_COUNTS = ("n", "frames", "no_face_generated", "no_face_reference")


def read_clips(path: Path, columns: Sequence[str]) -> pa.Table:
    """The `columns` of a `clips.parquet`: texts and counts without nulls, finite means, coverage in [0, 1].

    A mean that is NaN stands for no value, as null does, and comes as null. A pair has each metric once, and every pair
    has every metric.
    Raises `RunError` for anything else.
    """
    table = read_table(path, columns).select(list(columns))
    for name in columns:
        if wrong := _wrong(name, table[name]):
            raise RunError(f"{path}: column {name!r} {wrong}. Restore the file, or make the run again.")
        if pa.types.is_floating(table[name].type):
            without = pc.if_else(pc.is_nan(table[name]), None, table[name])
            table = table.set_column(table.schema.get_field_index(name), name, without)
    if {"pair", "metric"} <= set(columns):
        pairs, metrics = (pc.count_distinct(table[name]).as_py() for name in ("pair", "metric"))
        if table.select(["pair", "metric"]).group_by(["pair", "metric"]).aggregate([]).num_rows != len(table):
            raise RunError(f"{path}: a pair has two values of one metric. Restore the file, or make the run again.")
        if pairs * metrics != len(table):
            raise RunError(f"{path}: not every pair has every metric. Restore the file, or make the run again.")
    return table


@dataclass(frozen=True)
class ClipColumns:
    """The rows of a `clips.parquet`, one per pair and metric. Pairs and metrics are places in their names.

    Names are in the order in which they first come. `means` are NaN where a clip has none; `people` are the identities
    of source and driving clip of each of `pair_names`.
    """

    pairs: NDArray[np.int64]
    pair_names: list[str]
    metrics: NDArray[np.int64]
    metric_names: list[str]
    means: Values
    coverage: Values
    people: list[tuple[str, str]]


def read_clip_columns(path: Path) -> ClipColumns:
    """Read `clips.parquet` without an object per row. Raises `RunError` as `read_clips` does."""
    table = read_clips(path, ["pair", "metric", "mean", "coverage", "source_identity", "driving_identity"])
    pairs, pair_names = _coded(table["pair"])
    metrics, metric_names = _coded(table["metric"])
    first = np.unique(pairs, return_index=True)[1]
    sources, drivings = (
        [names[code] for code in codes[first].tolist()]
        for codes, names in (_coded(table["source_identity"]), _coded(table["driving_identity"]))
    )
    people = list(zip(sources, drivings, strict=True))
    means, coverage = (table[name].to_numpy().astype(np.float64) for name in ("mean", "coverage"))
    return ClipColumns(pairs, pair_names, metrics, metric_names, means, coverage, people)


def _coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    coded = column.combine_chunks().dictionary_encode()
    return coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_pylist()


def _wrong(name: str, column: pa.ChunkedArray) -> str:
    kind = column.type
    if name in _TEXTS or name == "reason":
        if not pa.types.is_string(kind):
            return f"holds {kind}, not text"
        return "has nulls" if name != "reason" and column.null_count else ""
    if name in _COUNTS:
        if not pa.types.is_integer(kind):
            return f"holds {kind}, not counts"
        return "has nulls" if column.null_count else "has negative counts" if len(column) and _least(column) < 0 else ""
    if not pa.types.is_floating(kind):
        return f"holds {kind}, not numbers"
    known = column.drop_null().to_numpy()
    if name == "coverage":
        fits = column.null_count == 0 and np.all((known >= 0) & (known <= 1))
        return "" if fits else "has values that are no shares"
    return "has infinite values" if np.any(np.isinf(known)) else ""


def _least(column: pa.ChunkedArray) -> int:
    found: int = pc.min(column).as_py()
    return found
