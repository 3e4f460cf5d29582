"""One side of a gate: a run folder, a baseline file, or a leaderboard entry, seen as the same thing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from evalkit.base.files import canonical_sha256
from evalkit.errors import RunError
from evalkit.gating.baseline_file import KIND, BaselineFile, baseline_in
from evalkit.leaderboard.row import BoardRow, row_in
from evalkit.protocol.schema import Protocol
from evalkit.records.all_outcomes import read_outcomes
from evalkit.records.clip_scores import read_clips
from evalkit.records.frame_scores import SCHEMA_VERSION, column_lists
from evalkit.records.json_record import Content, build_sealed, parse_json
from evalkit.records.protocol_facts import ProtocolFacts
from evalkit.records.run import (
    MetricSummary,
    PairCounts,
    RunHeader,
    Summary,
    read_header,
    read_summary,
    summary_1,
)
from evalkit.records.run_folder import Outcome, RunFolder

_PRECISIONS = ("fp32", "fp16", "bf16")
_CLIP_COLUMNS = ("pair", "source_identity", "driving_identity", "metric", "mean", "n", "coverage")
_SUMMARY_KEYS = ("protocol", "protocol_hash", "data_hash", "method", "complete", "metrics")


class PairScore(NamedTuple):
    """One metric over one pair: `mean` is None where nothing could be scored."""

    pair: str
    source_identity: str
    driving_identity: str
    mean: float | None
    n: int
    coverage: float


_Scores = Mapping[str, Mapping[str, PairScore]]


@dataclass(frozen=True)
class PairData:
    """What a pair was made from.

    Attributes:
        clips: digest of the source and driving clips.
        whole: digest of what the data hash of a summary counts for a pair: its id, the clips, the source's frames, the
            anchor. None where they were not kept, as by earlier versions.
        anchored: there is an anchor; False where that is not known.
    """

    clips: str
    whole: str | None = None
    anchored: bool = False

    def differs(self, other: "PairData") -> bool:
        """Whether the two are known to differ."""
        if self.whole and other.whole:
            return self.whole != other.whole
        return self.clips != other.clips

    def may_differ(self, other: "PairData") -> bool:
        """Whether an anchor of one cannot be compared, because nothing was kept of the other's."""
        return (self.anchored or other.anchored) and not (self.whole and other.whole)


@dataclass(frozen=True)
class Side:
    """What a gate knows of a checkpoint.

    Attributes:
        path: where it was read from.
        summary: of the run; without metrics when it has not finished.
        finished: false for a run that was stopped, or is still at work.
        scores: metric key -> pair id -> score; None when the file holds no scores per pair.
        data: pair id -> what it was made from (empty when unknown).
        averaging: how frames were averaged, "clip" or "frame".
        coverage_floor: of the protocol.
        device, precision, checkpoint: of the run; None when unknown.
        folder, header: the run folder and its `run.json`, when there is one.
    """

    path: Path
    summary: Summary
    finished: bool
    scores: _Scores | None
    data: Mapping[str, PairData]
    averaging: str
    coverage_floor: float
    device: str | None
    precision: str | None
    checkpoint: str | None
    folder: RunFolder | None
    header: RunHeader | None = None

    @property
    def name(self) -> str:
        """What to call it in a report."""
        return self.summary.title or self.summary.method

    def entry(self, key: str) -> MetricSummary | None:
        """The entry of a metric in the summary."""
        return self.summary.metrics.get(key)


def read_side(path: Path) -> Side:
    """Read a run folder, or a JSON file: one that `evalkit gate save` wrote, or a leaderboard entry.

    A leaderboard entry has the keys of `summary.json` and clip means; without them (a bare summary) nothing is paired.
    Raises `RunError` for anything else, and for damaged files.
    """
    if path.is_dir():
        return _from_run(path)
    if not path.is_file():
        raise RunError(f"{path} does not exist. Expected a run folder, a baseline file or a leaderboard JSON.")
    return _from_json(path)


def _from_run(path: Path) -> Side:
    header = read_header(path)
    folder = RunFolder(path)
    finished = header.status == "finished" and folder.summary.is_file()
    configuration, protocol = header.configuration, header.protocol
    return Side(
        path=path,
        summary=read_summary(path)
        if finished
        else not_run(protocol, configuration.protocol_hash, configuration.method, configuration.title),
        finished=finished,
        scores=_run_scores(folder) if finished else {},
        data=_RunData(folder),
        averaging=protocol.averaging,
        coverage_floor=protocol.coverage_floor,
        device=configuration.device,
        precision=configuration.precision,
        checkpoint=configuration.checkpoint_sha256,
        folder=folder,
        header=header,
    )


def not_run(protocol: Protocol | ProtocolFacts, protocol_hash: str, method: str, title: str) -> Summary:
    """The summary of a run that has no result: no pairs, no metrics."""
    return Summary(
        schema_version=SCHEMA_VERSION,
        protocol=protocol.id,
        protocol_version=protocol.version,
        protocol_hash=protocol_hash,
        task=protocol.task,
        data_hash=None,
        method=method,
        title=title,
        complete=False,
        pairs=PairCounts(protocol=0, run=0, scored=0, failed=()),
        metrics={},
    )


def _run_scores(folder: RunFolder) -> dict[str, dict[str, PairScore]]:
    columns = column_lists(read_clips(folder.clips, _CLIP_COLUMNS))
    scores: dict[str, dict[str, PairScore]] = {metric: {} for metric in dict.fromkeys(columns["metric"])}
    rows = zip(columns.pop("metric"), *columns.values(), strict=True)
    for metric, pair, source, driving, mean, n, coverage in rows:
        scores[metric][pair] = PairScore(pair, source, driving, mean, n, coverage)
    return scores


class _RunData(Mapping[str, PairData]):
    """What the pairs of a run were made from; read when it is asked for, since equal data hashes say all."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    @cached_property
    def _read(self) -> dict[str, PairData]:
        return {name: _pair_data(outcome) for name, outcome in read_outcomes(self._folder).items()}

    def __getitem__(self, pair: str) -> PairData:
        return self._read[pair]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def _pair_data(outcome: Outcome) -> PairData:
    clips = [outcome.source_sha256, outcome.driving_sha256]
    anchor = [outcome.anchor_sha256] if outcome.anchor_sha256 else []
    clips += [outcome.truth_sha256] if outcome.truth_sha256 else []
    frames = outcome.source_frames
    whole = None if frames is None else _short([outcome.pair, frames, *clips, *anchor])
    return PairData(_short(clips), whole, bool(anchor))


def _short(content: object) -> str:
    return canonical_sha256(content)[:16]


def _from_json(path: Path) -> Side:
    content = parse_json(path)
    if content.get("kind") == KIND:
        return _from_baseline(path, baseline_in(path, content))
    if missing := [key for key in _SUMMARY_KEYS if key not in content]:
        raise RunError(
            f"{path}: neither a baseline file nor a leaderboard entry: it lacks {', '.join(missing)}. "
            "Make a baseline with `evalkit gate save RUN FILE`."
        )
    return _from_row(path, row_in(path, content)) if "clips" in content else _from_summary(path, content)


def _from_row(path: Path, row: BoardRow) -> Side:
    clips = row.clips.parsed()
    scores = {
        key: {
            pair: PairScore(pair, source, driving, value, frames, 0.0 if value is None else 1.0)
            for pair, source, driving, (value, frames) in zip(
                clips.pairs, clips.sources, clips.drivings, values, strict=True
            )
        }
        for key, values in clips.values.items()
    }
    return replace(
        _published(path, row.summary, scores, row.identity.checkpoint_sha256), precision=_precision(row.speed.machine)
    )


def _precision(machine: str) -> str | None:
    """Of the words that a row has about its machine; None where none of them is one."""
    return next((word for word in reversed(machine.split(", ")) if word in _PRECISIONS), None)


def _from_summary(path: Path, content: Content) -> Side:
    """A bare summary, which has no scores per pair."""
    return _published(path, build_sealed(path, Summary, content, {1: summary_1}), None, None)


def _published(path: Path, summary: Summary, scores: _Scores | None, checkpoint: str | None) -> Side:
    by_frame = any("|frame>protocol" in (entry.signature or "") for entry in summary.metrics.values())
    return Side(
        path=path,
        summary=summary,
        finished=True,
        scores=scores,
        data={},
        averaging="frame" if by_frame else "clip",
        coverage_floor=0.0,
        device=None,
        precision=None,
        checkpoint=checkpoint,
        folder=None,
    )


def _from_baseline(path: Path, file: BaselineFile) -> Side:
    return Side(
        path=path,
        summary=file.summary,
        finished=True,
        scores={
            key: {
                pair.pair: PairScore(pair.pair, pair.source_identity, pair.driving_identity, mean, n, coverage)
                for pair, mean, n, coverage in zip(file.pairs, found.mean, found.n, found.coverage, strict=True)
            }
            for key, found in file.scores.items()
        },
        data={pair.pair: PairData(pair.data, pair.whole) for pair in file.pairs if pair.data},
        averaging=file.run.averaging,
        coverage_floor=file.run.coverage_floor,
        device=file.run.device,
        precision=file.run.precision,
        checkpoint=file.run.checkpoint_sha256,
        folder=None,
    )
