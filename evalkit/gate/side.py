"""One side of a gate: a run folder, a baseline file, or a leaderboard entry, seen as the same thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.errors import RunError
from evalkit.files import canonical_sha256
from evalkit.gate.baseline_file import KIND, check_digest
from evalkit.records import check_schema, read_table
from evalkit.runfolder import Outcome, RunFolder, read_header, read_summary

_SUMMARY_KEYS = ("protocol", "protocol_hash", "data_hash", "method", "complete", "metrics")


@dataclass(frozen=True)
class PairScore:
    """One metric over one pair: `mean` is None where nothing could be scored."""

    pair: str
    source_identity: str
    driving_identity: str
    mean: float | None
    n: int
    coverage: float


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
        summary: the content of `summary.json`.
        finished: false for a run that was stopped, or is still at work.
        scores: metric key -> pair id -> score; None when the file holds no scores per pair.
        data: pair id -> what it was made from (empty when unknown).
        averaging: how frames were averaged, "clip" or "frame".
        coverage_floor: of the protocol.
        device, precision, checkpoint: of the run; None when unknown.
        folder: the run folder, when there is one.
    """

    path: Path
    summary: Mapping[str, Any]
    finished: bool
    scores: Mapping[str, Mapping[str, PairScore]] | None
    data: Mapping[str, PairData]
    averaging: str
    coverage_floor: float
    device: str | None
    precision: str | None
    checkpoint: str | None
    folder: RunFolder | None

    @property
    def name(self) -> str:
        """What to call it in a report."""
        return str(self.summary.get("title") or self.summary["method"])

    def entry(self, key: str) -> Mapping[str, Any] | None:
        """The entry of a metric in the summary."""
        found: Mapping[str, Any] | None = self.summary["metrics"].get(key)
        return found


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
    finished = header.get("status") == "finished" and folder.summary.is_file()
    configuration, protocol = header["configuration"], header["protocol"]
    return Side(
        path=path,
        summary=read_summary(path) if finished else _unfinished(configuration),
        finished=finished,
        scores=_run_scores(folder) if finished else {},
        data=_run_data(folder),
        averaging=protocol["averaging"],
        coverage_floor=float(protocol["coverage_floor"]),
        device=configuration.get("device"),
        precision=configuration.get("precision"),
        checkpoint=configuration.get("checkpoint_sha256"),
        folder=folder,
    )


def _unfinished(configuration: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "protocol": configuration["protocol"],
        "protocol_hash": configuration["protocol_hash"],
        "data_hash": None,
        "method": configuration["method"],
        "title": configuration["title"],
        "complete": False,
        "metrics": {},
    }


def _run_scores(folder: RunFolder) -> dict[str, dict[str, PairScore]]:
    scores: dict[str, dict[str, PairScore]] = {}
    for row in read_table(folder.clips).to_pylist():
        score = PairScore(
            row["pair"], row["source_identity"], row["driving_identity"], row["mean"], row["n"], row["coverage"]
        )
        scores.setdefault(row["metric"], {})[score.pair] = score
    return scores


def _run_data(folder: RunFolder) -> dict[str, PairData]:
    outcomes = (folder.read_outcome(path.stem) for path in folder.path.glob("pairs/*.json"))
    return {outcome.pair: _pair_data(outcome) for outcome in outcomes if outcome is not None}


def _pair_data(outcome: Outcome) -> PairData:
    clips = [outcome.source_sha256, outcome.driving_sha256]
    anchor = [outcome.anchor_sha256] if outcome.anchor_sha256 else []
    frames = outcome.source_frames
    whole = None if frames is None else _short([outcome.pair, frames, *clips, *anchor])
    return PairData(_short(clips), whole, bool(anchor))


def _short(content: object) -> str:
    return canonical_sha256(content)[:16]


def _from_json(path: Path) -> Side:
    content = check_digest(path)
    check_schema(path, content["schema_version"])
    if content.get("kind") == KIND:
        return _from_baseline(path, content)
    missing = [key for key in _SUMMARY_KEYS if key not in content]
    if missing:
        raise RunError(
            f"{path}: neither a baseline file nor a leaderboard entry: it lacks {', '.join(missing)}. "
            "Make a baseline with `evalkit gate save RUN FILE`."
        )
    return _from_board(path, content)


def _from_board(path: Path, content: Mapping[str, Any]) -> Side:
    """A leaderboard entry; or a bare summary, which has no scores per pair."""
    signatures = [str(row.get("signature")) for row in content["metrics"].values()]
    return Side(
        path=path,
        summary=content,
        finished=True,
        scores=_board_scores(path, content["clips"]) if "clips" in content else None,
        data={},
        averaging="frame" if any("|frame>protocol" in signature for signature in signatures) else "clip",
        coverage_floor=0.0,
        device=None,
        precision=None,
        checkpoint=content.get("identity", {}).get("checkpoint_sha256"),
        folder=None,
    )


def _board_scores(path: Path, clips: Mapping[str, Any]) -> dict[str, dict[str, PairScore]]:
    """The clip means of a leaderboard entry: columns pair, identities, metrics, and "<metric> frames"."""
    try:
        rows = [dict(zip(clips["columns"], row, strict=True)) for row in clips["rows"]]
        keys = [name.removesuffix(" frames") for name in clips["columns"] if name.endswith(" frames")]
        return {
            key: {
                row["pair"]: PairScore(
                    row["pair"],
                    row["source_identity"],
                    row["driving_identity"],
                    row[key],
                    row[f"{key} frames"],
                    1.0 if row[key] is not None else 0.0,
                )
                for row in rows
            }
            for key in keys
        }
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path}: damaged leaderboard entry ({error!r}).") from error


def _from_baseline(path: Path, content: Mapping[str, Any]) -> Side:
    try:
        run, pairs = content["run"], content["pairs"]
        scores = {
            key: {
                pair["pair"]: PairScore(pair["pair"], pair["source_identity"], pair["driving_identity"], mean, n, cover)
                for pair, mean, n, cover in zip(pairs, columns["mean"], columns["n"], columns["coverage"], strict=True)
            }
            for key, columns in content["scores"].items()
        }
        return Side(
            path,
            content["summary"],
            True,
            scores,
            {pair["pair"]: PairData(pair["data"], pair.get("whole")) for pair in pairs if pair["data"]},
            run["averaging"],
            run["coverage_floor"],
            run["device"],
            run["precision"],
            run["checkpoint_sha256"],
            None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path}: damaged baseline file ({error!r}). Make it again from its run.") from error
