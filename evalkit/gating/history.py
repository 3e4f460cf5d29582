"""The history of a gate: one JSON line per gated checkpoint, appended under a lock (two gates may end at once)."""

import fcntl
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from evalkit.base.git import git_output
from evalkit.errors import RunError
from evalkit.gating.verdict_record import MetricVerdict, Outcome, Status, VerdictRecord, not_shown
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import Content, Record, build, content_of, parse_text, within_each
from evalkit.records.run import Better, Count

_COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA")


class HistoryValue(Record):
    """One metric of a gated checkpoint."""

    candidate: float | None
    """Its value; null where there is none."""
    status: Status
    """What the gate called it."""
    change: float | None
    """Against the baseline."""
    change_low: float | None
    """Lower end of the interval of `change`."""
    change_high: float | None
    """Upper end."""
    title: str
    """Name in tables."""
    better: Better
    """Which way is better."""
    unit: str
    """Unit of the value; empty without one."""
    signature: str | None
    """What the metric is."""


class HistoryLine(Record):
    """One line of `evalkit gate --history FILE`: a gated checkpoint."""

    schema_version: int
    """Of this line."""
    time: str
    """When it was appended."""
    commit: str | None
    """The commit that was gated; null outside a checkout."""
    outcome: Outcome
    """The verdict."""
    exit_code: Count
    """Its exit code."""
    method: str
    """Id of the method."""
    title: str
    """Name in tables."""
    protocol: str
    """Id of the protocol."""
    protocol_hash: str
    """Digest of every key of the protocol that moves a number."""
    data_hash: str | None
    """Digest of the pairs and the clips behind them; null when nothing ran."""
    pairs: Count | None
    """Pairs that were scored; null when nothing ran."""
    checkpoint_sha256: str | None
    """Digest of the weights."""
    metrics: Mapping[str, HistoryValue]
    """By metric key."""


def append(path: Path, verdict: VerdictRecord, commit: str | None) -> None:
    """Append the line of a verdict. Raises `RunError` when the file cannot be written or read."""
    line = HistoryLine(
        schema_version=SCHEMA_VERSION,
        time=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        commit=commit,
        outcome=verdict.outcome,
        exit_code=verdict.exit_code,
        method=verdict.candidate.method,
        title=verdict.candidate.title,
        protocol=verdict.candidate.protocol,
        protocol_hash=verdict.candidate.protocol_hash,
        data_hash=verdict.candidate.data_hash,
        pairs=verdict.candidate.pairs,
        checkpoint_sha256=verdict.candidate.checkpoint_sha256,
        metrics={key: _value(row) for key, row in verdict.metrics.items()},
    )
    text = json.dumps(content_of(line), ensure_ascii=False, allow_nan=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write((_end_last_line(file) + text + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RunError(f"{path}: the history cannot be written ({error.strerror}).") from error


def read(path: Path) -> list[HistoryLine]:
    """All lines, oldest first. Raises `RunError` with the line's number when one cannot be read."""
    if not path.is_file():
        raise RunError(f"{path} does not exist. `evalkit gate ... --history {path}` begins one.")
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if text.strip():
            name = f"{path} line {number}"
            lines.append(build(name, HistoryLine, parse_text(name, text), {1: _line_1, 2: _line_2}))
    return lines


def _line_1(content: Content) -> Content:
    return {"pairs": None, **content}  # not in the first lines of schema 1


def _line_2(content: Content) -> Content:
    return within_each(content, "metrics", lambda row: {**row, "status": not_shown(row.get("status"))})


def _value(row: MetricVerdict) -> HistoryValue:
    return HistoryValue(
        candidate=row.candidate,
        status=row.status,
        change=row.change,
        change_low=row.change_low,
        change_high=row.change_high,
        title=row.title,
        better=row.better,
        unit=row.unit,
        signature=row.signature,
    )


def current_commit(folder: Path) -> str | None:
    """The commit that is being gated: as the CI system says, else of the checkout around `folder`, else None."""
    for name in _COMMIT_VARIABLES:
        if os.environ.get(name):
            return os.environ[name]
    return git_output(folder, "rev-parse", "HEAD")


def _end_last_line(file: BinaryIO) -> str:
    """A line feed when the file ends in the middle of a line, as a killed writer leaves it."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return ""
    file.seek(size - 1)
    return "" if file.read(1) == b"\n" else "\n"
