"""Sum a run up: `frames.parquet`, `clips.parquet`, `outcomes.parquet`, `summary.json`.

Nothing in the summary depends on the clock.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import pyarrow as pa

from evalkit.base.files import canonical_sha256, content_sha256
from evalkit.errors import ScoreError
from evalkit.method.cost import CUDA_MEMORY, PROCESS_MEMORY, WARM_UP
from evalkit.metrics import METRICS
from evalkit.records.all_outcomes import write_outcomes
from evalkit.records.frame_scores import SCHEMA_VERSION, write_frames, write_table
from evalkit.records.json_record import write_record
from evalkit.records.run import PairCounts, Summary, Timings
from evalkit.records.run_folder import Outcome
from evalkit.runs.aggregate import ClipScore, clip_columns, clip_score, not_computed, summarise, summarise_set
from evalkit.runs.notes import frame_notes
from evalkit.runs.plan import PairResult, Plan
from evalkit.scoring.pool import scorer
from evalkit.scoring.score_pair import metric_signatures
from evalkit.scoring.score_sets import SetScore, real_clips, score_sets, set_people

CLIP_SCHEMA = pa.schema(
    [
        ("pair", pa.string()),
        ("source_identity", pa.string()),
        ("driving_identity", pa.string()),
        ("metric", pa.string()),
        ("mean", pa.float64()),
        ("n", pa.int32()),
        ("frames", pa.int32()),
        ("coverage", pa.float64()),
        ("no_face_generated", pa.int32()),
        ("no_face_reference", pa.int32()),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)


def write_summary(plan: Plan, results: Sequence[PairResult], total_pairs: int) -> tuple[Summary, list[ClipScore]]:
    """Write the four result files of a run and return the summary and the clip scores.

    `complete` means that every one of the protocol's `total_pairs` was made and scored; a limited run, or one with a
    failed pair, is not complete and says so.
    """
    signatures = {key: text + plan.mark for key, text in metric_signatures(plan.protocol, plan.metrics).items()}
    if len(results) != total_pairs:
        signatures = {key: f"{text}|{len(results)} of {total_pairs} pairs" for key, text in signatures.items()}
    by_frame = [metric for metric in plan.metrics if metric.by_frame]
    clips = [
        clip_score(result.pair, metric.key, result.outcome, result.scores.get(metric.key))
        for metric in by_frame
        for result in results
    ]
    failed = tuple(result.pair.id for result in results if result.outcome.status == "failed")
    entries = {
        metric.key: summarise(
            metric, plan.protocol, [c for c in clips if c.metric == metric.key], signatures[metric.key]
        )
        for metric in by_frame
    }
    for metric in by_frame:
        found = [result.scores[metric.key] for result in results if metric.key in result.scores]
        entries[metric.key] = entries[metric.key].model_copy(update={"notes": frame_notes(metric, found)})
    scored = len(results) - len(failed)
    sets, failing = _set_scores(plan, results)
    for key, score in sets.items():
        entries[key] = summarise_set(METRICS[key], plan.protocol, score, len(results), scored, signatures[key])
    entries |= {key: not_computed(METRICS[key], reason) for key, reason in {**failing, **plan.unavailable}.items()}
    summary = Summary(
        schema_version=SCHEMA_VERSION,
        protocol=plan.protocol.id,
        protocol_version=plan.protocol.version,
        protocol_hash=plan.protocol.hash,
        task=plan.protocol.task,
        data_hash=_data_hash(results),
        method=plan.configuration.method,
        title=plan.configuration.title,
        complete=not failed and len(results) == total_pairs,
        pairs=PairCounts(protocol=total_pairs, run=len(results), scored=scored, failed=failed),
        metrics=entries,
    )
    scores = [result.scores[metric.key] for metric in by_frame for result in results if metric.key in result.scores]
    write_frames(plan.folder.frames, scores, signatures)
    write_table(plan.folder.clips, pa.table(clip_columns(clips), schema=CLIP_SCHEMA), signatures)
    write_outcomes(plan.folder.outcomes, [result.outcome for result in results])
    write_record(plan.folder.summary, summary)
    return summary, clips


def _set_scores(plan: Plan, results: Sequence[PairResult]) -> tuple[dict[str, SetScore], dict[str, str]]:
    """Set metrics over the pairs that were scored, and why those have no value that failed, as one from outside may."""
    made = [result for result in results if result.outcome.status == "ok"]
    generated = [plan.folder.path / (result.outcome.generated or "") for result in made]
    keys = tuple(metric.key for metric in plan.metrics)
    chosen = scorer(plan.protocol, keys, plan.cache, plan.device)
    pairs = [result.pair for result in made]
    real, people = real_clips(plan.protocol, pairs), set_people(plan.protocol, pairs)
    scores: dict[str, SetScore] = {}
    failing: dict[str, str] = {}
    for metric in chosen.metrics:
        try:
            scores |= score_sets(replace(chosen, metrics=(metric,)), generated, real, people)
        except ScoreError as error:
            failing[metric.key] = str(error)
    return scores, failing


def _data_hash(results: Sequence[PairResult]) -> str:
    """Which pairs of which clips: two runs whose hashes differ did not see the same data."""
    return canonical_sha256(
        [
            [r.pair.id, r.pair.source_frames, r.outcome.source_sha256, r.outcome.driving_sha256, *_more(r)]
            for r in results
        ]
    )


def _more(result: PairResult) -> list[str | None]:
    """The clips that only some pairs have."""
    pair = result.pair
    anchor: list[str | None] = [content_sha256(pair.anchor)] if pair.anchor else []
    return anchor + ([result.outcome.truth_sha256] if pair.truth else [])


def summed_up(outcomes: Sequence[Outcome], device: str, words: tuple[str, str] | None = None) -> Timings:
    """What the pairs cost that were timed; None if not measured.

    `words` say what memory and seconds of a method are of that does not work in this process.
    """
    own = (CUDA_MEMORY if device.startswith("cuda") else PROCESS_MEMORY, "")
    memory_of, includes = words or own
    timed = [outcome for outcome in outcomes if outcome.seconds]
    waits = [outcome.latency_s for outcome in timed if outcome.latency_s is not None]
    peaks = [outcome.peak_bytes for outcome in timed if outcome.peak_bytes is not None]
    return Timings(
        fps=median(outcome.frames / outcome.seconds for outcome in timed if outcome.seconds) if timed else None,
        frames=sum(outcome.frames for outcome in timed),
        seconds=sum(outcome.seconds or 0.0 for outcome in timed),
        latency_s=median(waits) if waits else None,
        batch=max((outcome.batch or 0 for outcome in timed), default=0) or None,
        warm_up=f"{WARM_UP}; {includes}" if includes else WARM_UP,
        peak_memory_bytes=max(peaks, default=None),
        peak_memory_of=memory_of,
    )
