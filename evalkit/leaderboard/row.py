"""The file of a leaderboard row, `leaderboards/<protocol>/<method>[@tag].json`, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import model_validator

from evalkit.leaderboard.verification import RowVerification
from evalkit.records.json_record import Content, Record, build_sealed, within
from evalkit.records.run import CostFacts, Identity, MetricSummary, ResultHead, Summary, costs_1, summary_1

_NAMES = ("pair", "source_identity", "driving_identity")
_FRAMES = " frames"


@dataclass(frozen=True)
class Clips:
    """Clip means: `pairs`, their identities, and per metric (value or None, frames scored) for every pair."""

    pairs: tuple[str, ...]
    sources: tuple[str, ...]
    drivings: tuple[str, ...]
    values: Mapping[str, tuple[tuple[float | None, int], ...]]


class RowClips(Record):
    """Clip means of every metric, one pair a line, so that ranks can be made anew without the run."""

    columns: tuple[str, ...]
    """`pair`, `source_identity`, `driving_identity`, the metric keys, and each key followed by ` frames`."""
    rows: tuple[tuple[str | int | float | None, ...], ...]
    """Three names, then means (null where nothing was scored), then the numbers of frames in them."""

    @model_validator(mode="after")
    def _rows_fit_columns(self) -> "RowClips":
        keys = self.keys
        if self.columns != (*_NAMES, *keys, *(key + _FRAMES for key in keys)) or len(set(keys)) < len(keys):
            raise ValueError(f"columns are {', '.join(self.columns)}")
        for number, row in enumerate(self.rows, start=1):
            names, means, frames = row[:3], row[3 : 3 + len(keys)], row[3 + len(keys) :]
            fits = all(isinstance(name, str) for name in names) and not any(isinstance(mean, str) for mean in means)
            if not fits or not all(isinstance(n, int) and n >= 0 for n in frames) or len(row) != len(self.columns):
                raise ValueError(f"row {number} is not three names, then means, then numbers of frames")
        if len({row[0] for row in self.rows}) < len(self.rows):
            raise ValueError("a pair has two rows")
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """Metrics that have clip means."""
        return self.columns[3 : 3 + (len(self.columns) - 3) // 2]

    def parsed(self) -> Clips:
        """The same by pair and metric."""
        keys = self.keys
        pairs, sources, drivings = (tuple(str(row[i]) for row in self.rows) for i in range(3))
        columns = [tuple(row[i] for row in self.rows) for i in range(3, len(self.columns))]
        values = {
            key: tuple((_mean(mean), _frames(n)) for mean, n in zip(columns[i], columns[len(keys) + i], strict=True))
            for i, key in enumerate(keys)
        }
        return Clips(pairs, sources, drivings, values)


def row_clips(clips: Clips) -> RowClips:
    """Clip means as a row holds them."""
    keys, columns = list(clips.values), list(clips.values.values())
    return RowClips(
        columns=(*_NAMES, *keys, *(key + _FRAMES for key in keys)),
        rows=tuple(
            (*names, *(column[i][0] for column in columns), *(column[i][1] for column in columns))
            for i, names in enumerate(zip(clips.pairs, clips.sources, clips.drivings, strict=True))
        ),
    )


class Speed(CostFacts):
    """What the method cost, and on what that was measured."""

    machine: str
    """Device, precision, and what was done for speed."""


class RowProvenance(Record):
    """The program that made the run."""

    evalkit: str
    """Version of evalkit."""
    commit: str | None
    """Of its checkout; null outside one."""
    dirty: bool | None
    """Whether its code differed from the commit; null outside a checkout."""
    python: str | None = None
    """Version of Python; absent in older rows."""
    libraries: Mapping[str, str | None] | None = None
    """Versions of the libraries that numbers can depend on; absent in older rows."""


class BoardRow(ResultHead):
    """`leaderboards/<protocol>/<method>[@tag].json`: what was measured, by what, and how sure."""

    tag: str
    """Tells two runs of one method apart; empty without one."""
    heading: str
    """Title of the protocol."""
    dataset: str
    """Where its clips come from."""
    anchor: bool
    """Whether the method is an anchor: it marks one end of the scale."""
    flags: tuple[str, ...]
    """Why a row that was added with `--force` is not ranked."""
    trained_on: tuple[str, ...] | None
    """Datasets; null if unknown."""
    overlap: bool | None
    """Whether the dataset of the protocol is among them."""
    identity: Identity
    """Weights and options."""
    speed: Speed
    """What the method cost."""
    provenance: RowProvenance
    """The program that made the run."""
    created: str
    """When the run began."""
    verification: RowVerification | None = None
    """What was computed again before the row was added; absent: nothing, the numbers are self-reported."""
    metrics: Mapping[str, MetricSummary]
    """By metric key, as in `summary.json`."""
    clips: RowClips
    """Clip means."""

    @property
    def summary(self) -> Summary:
        """What `summary.json` of the run held."""
        return Summary(
            schema_version=self.schema_version,
            protocol=self.protocol,
            protocol_version=self.protocol_version,
            protocol_hash=self.protocol_hash,
            task=self.task,
            data_hash=self.data_hash,
            method=self.method,
            title=self.title,
            complete=self.complete,
            pairs=self.pairs,
            metrics=self.metrics,
        )


def row_in(path: Path, content: Content) -> BoardRow:
    """`content` of the file `path`. Raises `RunError` when it is damaged."""
    return build_sealed(path, BoardRow, content, {1: _row_1})


def _row_1(content: Content) -> Content:
    return within(summary_1(content), "speed", costs_1)


def _mean(value: str | float | None) -> float | None:
    assert not isinstance(value, str)
    return value


def _frames(value: str | float | None) -> int:
    assert isinstance(value, int)
    return value
