"""Make a baseline file of a run."""

from collections.abc import Sequence
from pathlib import Path

from evalkit.base.files import canonical_sha256, write_json
from evalkit.errors import RunError
from evalkit.gating.baseline_file import KIND, BaselineFile, BaselinePair, BaselineRun, BaselineScores
from evalkit.gating.side import PairData, PairScore, Side
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import content_of


def save_baseline(side: Side, path: Path) -> None:
    """Write the baseline file of a finished, complete run. Raises `RunError` for another one."""
    if side.header is None or not side.scores:
        raise RunError(f"{side.path}: a baseline is made from a finished run folder with scores per pair.")
    if not side.summary.complete:
        raise RunError(f"{side.path}: not every pair of the protocol was scored; a baseline has to be complete.")
    first = next(iter(side.scores.values()))
    file = BaselineFile(
        schema_version=SCHEMA_VERSION,
        kind=KIND,
        sha256="",
        summary=side.summary,
        run=BaselineRun(
            averaging=side.header.protocol.averaging,
            coverage_floor=side.coverage_floor,
            device=side.device,
            precision=side.precision,
            checkpoint_sha256=side.checkpoint,
            evalkit=side.header.provenance.evalkit,
            commit=side.header.provenance.commit,
        ),
        pairs=tuple(_pair(score, side.data.get(score.pair)) for score in first.values()),
        scores={key: _columns([scores[pair] for pair in first]) for key, scores in side.scores.items()},
    )
    content = content_of(file)
    del content["sha256"]
    write_json(path, {**content, "sha256": canonical_sha256(content)})


def _pair(score: PairScore, data: PairData | None) -> BaselinePair:
    return BaselinePair(
        pair=score.pair,
        source_identity=score.source_identity,
        driving_identity=score.driving_identity,
        data=data.clips if data else None,
        whole=data.whole if data else None,
    )


def _columns(scores: Sequence[PairScore]) -> BaselineScores:
    return BaselineScores(
        mean=tuple(score.mean for score in scores),
        n=tuple(score.n for score in scores),
        coverage=tuple(score.coverage for score in scores),
    )
