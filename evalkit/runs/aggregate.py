"""frame -> clip -> protocol: means, coverage beside every number, and intervals clustered by identity."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from typing import Protocol as Interface

import numpy as np

from evalkit.metrics import Metric
from evalkit.records.frame_scores import NO_FACE_GENERATED, NO_FACE_REFERENCE, NOT_COUNTED, OK, FrameScores
from evalkit.records.run import MetricStatus, MetricSummary
from evalkit.records.run_folder import Outcome
from evalkit.scoring.score_sets import SetScore
from evalkit.statistics.estimate import SET_SIGNATURE, SIGNATURE, estimate
from evalkit.statistics.skewness import very_skewed
from evalkit.types import Pair


class Averaging(Interface):
    """What of a protocol, or of the record of one, says how values are averaged."""

    @property
    def averaging(self) -> Literal["clip", "frame"]:
        """Whether values are means over clips or over all frames."""

    @property
    def coverage_floor(self) -> float:
        """A number with less coverage is flagged and not ranked."""


@dataclass(frozen=True)
class ClipScore:
    """One metric over one pair. A pair with nothing scored stays listed."""

    pair: str
    """Id of the pair."""
    source_identity: str
    """Who is in the source clip."""
    driving_identity: str
    """Who is in the driving clip."""
    metric: str
    """Key of the metric."""
    mean: float | None
    """Over the frames that have a value; null where none has."""
    n: int
    """Frames that have a value."""
    frames: int
    """Frames of the generated clip."""
    coverage: float
    """Share of the frames that have a value of their own, of those where the metric is defined."""
    no_face_generated: int
    """Frames without a face in the generated clip."""
    no_face_reference: int
    """Frames without a face in the reference clip."""
    status: str
    """`ok`, `nothing_scored`, or `failed` for a pair that was not made."""
    reason: str | None
    """Why the pair failed."""


def clip_score(pair: Pair, metric: str, outcome: Outcome, scores: FrameScores | None) -> ClipScore:
    """The mean over the frames of a pair that have a value; `scores` is None for a failed one."""
    frames = len(scores.values) if scores else outcome.frames
    counts = Counter(scores.statuses) if scores else Counter()
    n = int(np.isfinite(scores.values).sum()) if scores else 0
    mean = float(scores.values[np.isfinite(scores.values)].mean()) if scores and n else None
    status = "failed" if scores is None else OK if n else "nothing_scored"
    defined = frames - sum(counts[status] for status in NOT_COUNTED)
    covered = counts[OK] / defined if defined else float(scores is not None)
    return ClipScore(
        pair=pair.id,
        source_identity=pair.source.identity,
        driving_identity=pair.driving.identity,
        metric=metric,
        mean=mean,
        n=n,
        frames=frames,
        coverage=covered if frames else 0.0,
        no_face_generated=counts[NO_FACE_GENERATED],
        no_face_reference=counts[NO_FACE_REFERENCE],
        status=status,
        reason=outcome.reason,
    )


def summarise(metric: Metric, protocol: Averaging, clips: Sequence[ClipScore], signature: str) -> MetricSummary:
    """The entry of one metric in `summary.json`.

    `value` is the mean over clips of their means (or over all frames, as the protocol says), `n` the number of clips
    in it, `coverage` the share of frames that have a value, failed pairs included with none. `status` is "ok",
    "low_coverage" below the protocol's floor, or "nothing_scored". The interval of a metric where lower is better and
    every clip is above 0 is taken on the log of the mean; none reaches beyond the scale of the metric.
    """
    scored = [clip for clip in clips if clip.mean is not None]
    by_frame = protocol.averaging == "frame"
    value, bounds, people, word, skewed = None, None, 0, "", False
    if scored:
        values = np.array([clip.mean for clip in scored], dtype=np.float64)
        weights = np.array([clip.n if by_frame else 1 for clip in scored], dtype=np.float64)
        value = float((values * weights).sum() / weights.sum())
        found = estimate(values, weights, [c.source_identity for c in scored], [c.driving_identity for c in scored])
        bounds, people, word = found.interval_of(values, metric.better == "lower"), found.people, found.word
        bounds = _on_scale(bounds, metric)
        skewed = very_skewed(values)
    coverage = _coverage(clips, by_frame)
    return MetricSummary(
        title=metric.title,
        better=metric.better,
        unit=metric.unit,
        value=value,
        ci_low=bounds[0] if bounds else None,
        ci_high=bounds[1] if bounds else None,
        ci=SIGNATURE,
        ci_word=word,
        people=people,
        skewed=skewed,
        n=len(scored),
        frames=sum(clip.n for clip in clips),
        coverage=coverage,
        no_face_generated=sum(clip.no_face_generated for clip in clips),
        no_face_reference=sum(clip.no_face_reference for clip in clips),
        status=_status(value, coverage, protocol),
        signature=signature,
    )


def summarise_set(
    metric: Metric, protocol: Averaging, score: SetScore, pairs: int, scored: int, signature: str
) -> MetricSummary:
    """The entry of a set metric in `summary.json`: `n` scored pairs of `pairs`, and the rows on each side.

    The interval comes from leaving out people, on the log of the value where that is above 0; a note says the bias.
    """
    coverage = scored / pairs if pairs else 0.0
    left_out, bounds, notes = score.left_out, None, tuple(score.notes)
    if left_out and score.value is not None:
        found = left_out.estimate
        bounds = found.log_interval() if score.value > 0 and metric.low >= 0 else found.interval()
        bounds = _on_scale(bounds, metric)
        if left_out.bias is not None:
            notes += (
                f"of {found.people} people: about {left_out.bias:+.3g} of the value is bias from having so few; "
                "the interval is for as many other people",
            )
    return MetricSummary(
        title=metric.title,
        better=metric.better,
        unit=metric.unit,
        value=score.value,
        ci_low=bounds[0] if bounds else None,
        ci_high=bounds[1] if bounds else None,
        ci=SET_SIGNATURE if left_out else None,
        ci_word=left_out.estimate.word if left_out else "",
        people=left_out.estimate.people if left_out else 0,
        n=scored,
        frames=score.generated_rows,
        reference_frames=score.reference_rows,
        notes=notes,
        coverage=coverage,
        status=_status(score.value, coverage, protocol),
        signature=signature,
    )


def not_computed(metric: Metric, reason: str) -> MetricSummary:
    """The entry in `summary.json` of a metric that was asked for and could not be computed."""
    return MetricSummary(
        title=metric.title,
        better=metric.better,
        unit=metric.unit,
        value=None,
        ci_low=None,
        ci_high=None,
        ci=None,
        n=0,
        frames=0,
        coverage=0.0,
        status="unavailable",
        reason=reason,
        signature=None,
    )


def clip_columns(clips: Sequence[ClipScore]) -> Mapping[str, list[Any]]:
    """`clips.parquet` as columns."""
    rows = [asdict(clip) for clip in clips]
    return {name: [row[name] for row in rows] for name in ClipScore.__dataclass_fields__}


def _status(value: float | None, coverage: float, protocol: Averaging) -> MetricStatus:
    if value is None:
        return "nothing_scored"
    return "ok" if coverage >= protocol.coverage_floor else "low_coverage"


def _on_scale(bounds: tuple[float, float] | None, metric: Metric) -> tuple[float, float] | None:
    """An interval without the part of it that no value of the metric can reach."""
    return (max(bounds[0], metric.low), min(bounds[1], metric.high)) if bounds else None


def _coverage(clips: Sequence[ClipScore], by_frame: bool) -> float:
    """Averaged as the value is, over clips or frames; a failed pair of unknown length counts as one of mean length."""
    if by_frame:
        known = [clip.frames for clip in clips if clip.frames]
        usual = float(np.mean(known)) if known else 1.0
        found = sum(clip.coverage * clip.frames for clip in clips)
        return found / max(sum(clip.frames or usual for clip in clips), 1)
    return float(np.mean([clip.coverage for clip in clips])) if clips else 0.0
