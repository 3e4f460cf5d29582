"""The lines of a history as series: one metric over gated checkpoints, with the points where its level changed."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.gating.history import HistoryLine, HistoryValue
from evalkit.records.run import Better
from evalkit.statistics.changepoints import change_points


@dataclass(frozen=True)
class LevelChange:
    """A new level from the value at `index` on: the means `before` and `after`, and whether that is `worse`."""

    index: int
    before: float
    after: float
    worse: bool


@dataclass(frozen=True)
class Series:
    """One metric of one method on one protocol, as long as its signature and the clips stayed the same.

    `places` are the indices of its lines in the history: those that have a value of it, oldest first, with the `lines`
    themselves and the `values`. `jumps` are indices into these where a new level begins.
    """

    protocol: str
    method: str
    key: str
    signature: str | None
    title: str
    better: Better
    unit: str
    places: tuple[int, ...]
    lines: tuple[HistoryLine, ...]
    values: tuple[float, ...]
    jumps: tuple[int, ...]

    @property
    def levels(self) -> tuple[tuple[int, int, float], ...]:
        """Levels as (first index, index after the last, mean)."""
        edges = [0, *self.jumps, len(self.values)]
        return tuple((a, b, float(np.mean(self.values[a:b]))) for a, b in itertools.pairwise(edges))

    @property
    def changes(self) -> tuple[LevelChange, ...]:
        """One per jump."""
        worse = 1 if self.better == "lower" else -1
        return tuple(
            LevelChange(start, before, after, worse * (after - before) > 0)
            for (*_, before), (start, _, after) in itertools.pairwise(self.levels)
        )


def collect(lines: Sequence[HistoryLine]) -> list[Series]:
    """Series of all metrics, in the order they first appear.

    Another protocol hash, signature or set of clips begins another.
    So the quick stage, which sees a part of the clips, never meets the full protocol in one chart.
    """
    groups: dict[tuple[str | None, ...], list[tuple[int, HistoryLine, HistoryValue]]] = {}
    for place, line in enumerate(lines):
        for key, row in line.metrics.items():
            if row.candidate is not None:
                names = (line.protocol, line.method, key, row.signature, line.protocol_hash, line.data_hash)
                groups.setdefault(names, []).append((place, line, row))
    return [_series(key or "", found) for (_, _, key, *_), found in groups.items()]


def _series(key: str, found: Sequence[tuple[int, HistoryLine, HistoryValue]]) -> Series:
    values = tuple(row.candidate for *_, row in found if row.candidate is not None)
    _, line, row = found[-1]
    return Series(
        protocol=line.protocol,
        method=line.method,
        key=key,
        signature=row.signature,
        title=row.title,
        better=row.better,
        unit=row.unit,
        places=tuple(place for place, *_ in found),
        lines=tuple(each for _, each, _ in found),
        values=values,
        jumps=tuple(change_points(np.array(values))),
    )


def short(line: HistoryLine) -> str:
    """The commit, else the checkpoint, else the time of a line."""
    return (line.commit or line.checkpoint_sha256 or line.time)[:10]
