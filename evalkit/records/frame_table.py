"""The frame scores of a whole run as columns: those of one pair are found without an object for every other one."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from evalkit.records.frame_scores import OK, FrameColumns, FrameScores, read_columns


class FrameTable(Mapping[tuple[str, str], FrameScores]):
    """(pair id, metric key) -> frame scores."""

    def __init__(self, columns: FrameColumns) -> None:
        self._columns = columns
        self._metrics = len(columns.metric_names)
        key = columns.groups
        # evalkit writes the rows of a pair and metric together, in this order; others may not.
        in_order = bool((key[1:] >= key[:-1]).all())
        self._rows = None if in_order else np.argsort(key, kind="stable")
        if self._rows is not None:
            key = key[self._rows]
        self._starts = np.flatnonzero(np.concatenate([np.ones(min(len(key), 1), bool), key[1:] != key[:-1]]))
        self._keys = key[self._starts]
        self._stops = np.append(self._starts[1:], len(key))
        self._pair_codes = {name: code for code, name in enumerate(columns.pair_names)}
        self._metric_codes = {name: code for code, name in enumerate(columns.metric_names)}

    def __getitem__(self, key: tuple[str, str]) -> FrameScores:
        pair, metric = key
        code = self._pair_codes[pair] * self._metrics + self._metric_codes[metric]
        at = int(np.searchsorted(self._keys, code))
        if at == len(self._keys) or self._keys[at] != code:
            raise KeyError(key)
        here = slice(self._starts[at], self._stops[at])
        rows = here if self._rows is None else self._rows[here]
        columns = self._columns
        return FrameScores(pair, metric, columns.values[rows], tuple(columns.status_names[columns.statuses[rows]]))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for key in self._keys:
            yield self._columns.pair_names[key // self._metrics], self._columns.metric_names[key % self._metrics]

    def __len__(self) -> int:
        return len(self._keys)

    def not_ok(self) -> dict[str, set[str]]:
        """Ids of the pairs that have a frame with another status than ok, with the keys of the metrics it is of."""
        columns = self._columns
        fine = np.flatnonzero(columns.status_names == OK)
        found: dict[str, set[str]] = {}
        for group in np.unique(columns.groups[~np.isin(columns.statuses, fine)]):
            pair, metric = divmod(int(group), self._metrics)
            found.setdefault(columns.pair_names[pair], set()).add(columns.metric_names[metric])
        return found


def read_frame_table(path: Path) -> FrameTable:
    """Read `frames.parquet`. Raises `RunError` as `read_frames` does."""
    return FrameTable(read_columns(path))


def no_frames() -> FrameTable:
    """The table of a run without frame scores."""
    codes, names = np.zeros(0, np.int32), np.zeros(0, object)
    return FrameTable(FrameColumns(codes, names, codes, names, np.zeros(0), codes, names))
