"""The numbers of a submitted run, computed again: sums from its scores, and scores from its clips."""

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from math import isclose
from pathlib import Path

from evalkit.base.places import cache_dir
from evalkit.errors import RunError
from evalkit.metrics import METRICS, Metric
from evalkit.protocol.pairs import expected_pairs
from evalkit.records.all_outcomes import read_outcomes
from evalkit.records.clip_scores import read_clips
from evalkit.records.frame_scores import read_frames
from evalkit.records.output_rules import OutputRules
from evalkit.records.run import RunHeader, Summary
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.runs.aggregate import ClipScore
from evalkit.runs.foreign_clips import Outputs
from evalkit.runs.kept import made_of
from evalkit.runs.output_names import Matched
from evalkit.runs.plan import PairResult, Plan
from evalkit.runs.producers import OutputsProducer
from evalkit.runs.session import Session
from evalkit.runs.summary import write_summary
from evalkit.scoring.pool import ScoringJob
from evalkit.scoring.score_pair import metric_signatures

_SAME = 1e-9
"""The same values may be added up in another order."""
_COUNTS = ("n", "frames", "people", "no_face_generated", "no_face_reference", "status")
_NUMBERS = ("value", "ci_low", "ci_high", "coverage")
_CLIP = ("pair", "metric", "source_identity", "driving_identity", "mean", "n", "frames", "coverage")


def other_sums(
    folder: Path, session: Session, header: RunHeader, summary: Summary, stored: Sequence[PairResult]
) -> list[str]:
    """What `summary.json` and the tables of all pairs hold that does not follow from the records of the pairs."""
    metrics = [metric for metric in session.metrics if metric.by_frame]
    ours, clips = _summed_up(session, header, metrics, stored)
    wrong = [
        f"{key}: {name} is {getattr(summary.metrics[key], name)} in summary.json, {getattr(entry, name)} by the scores"
        for key, entry in ours.metrics.items()
        for name in _comparable(summary, ours, key)
        if not _equal(getattr(summary.metrics[key], name), getattr(entry, name))
    ]
    if (summary.data_hash, summary.pairs, summary.complete) != (ours.data_hash, ours.pairs, ours.complete):
        wrong.append("data_hash, pairs or complete in summary.json are not those of the pairs")
    try:
        run = RunFolder(folder)
        return wrong + _other_clips(run, clips) + _other_frames(run, stored) + _other_outcomes(run, stored)
    except RunError as error:
        return [*wrong, str(error)]


def scored_again(
    session: Session,
    header: RunHeader,
    summary: Summary,
    stored: Sequence[PairResult],
    sample: Sequence[PairResult],
) -> tuple[dict[str, float], list[str]]:
    """Metric -> how far its furthest clip mean lies from the submitted one, in units of the last printed digit.

    And the pairs that could not be scored. When all pairs are scored again, the metrics of the whole set are computed
    again as well.
    """
    with tempfile.TemporaryDirectory() as work:
        again, failed = _scores_of(session, sample, Path(work))
        if failed:
            return {}, failed
        every = len(sample) == len(stored)
        metrics = [metric for metric in session.metrics if metric.by_frame or every]
        _, before = _summed_up(session, header, [m for m in metrics if m.by_frame], sample)
        now, after = _summed_up(session, header, metrics, again)
    furthest: dict[str, float] = {}
    for one, other in zip(before, after, strict=True):
        unit = 10.0 ** -METRICS[one.metric].decimals
        off = _off(one.mean, other.mean) / unit if one.n == other.n else float("inf")
        furthest[one.metric] = max(furthest.get(one.metric, 0.0), off)
    for metric in metrics:
        if not metric.by_frame and summary.metrics[metric.key].value is not None:
            off = _off(summary.metrics[metric.key].value, now.metrics[metric.key].value)
            furthest[metric.key] = off * 10.0**metric.decimals
    return furthest, []


def not_scored_again(session: Session, summary: Summary, again: Collection[str]) -> dict[str, str]:
    """Metric -> why its clips were not scored again."""
    of_sets = "a number of all pairs, of which only some were scored again"
    return {
        key: session.missing.get(key, of_sets)
        for key, entry in summary.metrics.items()
        if key not in again and entry.value is not None
    }


def _scores_of(session: Session, sample: Sequence[PairResult], work: Path) -> tuple[list[PairResult], list[str]]:
    """The pairs with scores that are computed now, from the clips whose digests were checked."""
    signatures = metric_signatures(session.protocol, session.metrics)
    keys, jobs = tuple(metric.key for metric in session.metrics), []
    for number, result in enumerate(sample):
        pair, outcome = result.pair, result.outcome
        generated, output = Path(outcome.generated or ""), work / f"{number}.parquet"
        clips = [*made_of(pair, outcome), (generated, outcome.generated_sha256)]
        digests = tuple((path, digest) for path, digest in clips if digest)
        job = ScoringJob(session.protocol, keys, cache_dir(), pair, generated, output, signatures, {}, digests)
        jobs.append((result, output, session.pool.submit(job)))
    session.pool.drain()
    failed = [f"{result.pair.id}: {why}" for result, _, done in jobs if (why := done.result())]
    if failed:
        return [], failed
    found = [(result, {one.metric: one for one in read_frames(output)}) for result, output, _ in jobs]
    return [PairResult(result.pair, result.outcome, scores) for result, scores in found], []


def _summed_up(
    session: Session, header: RunHeader, metrics: Sequence[Metric], results: Sequence[PairResult]
) -> tuple[Summary, list[ClipScore]]:
    """The summary and clip scores of these results, as a run would write them."""
    with tempfile.TemporaryDirectory() as work:
        outputs = Outputs(Path(work), Matched({}), (), OutputRules())
        plan = Plan(
            protocol=session.protocol,
            pairs=[result.pair for result in results],
            metrics=tuple(metrics),
            produce=OutputsProducer(outputs, session.protocol),
            folder=RunFolder(Path(work)),
            configuration=header.configuration,
            cache=cache_dir(),
            unavailable={},
            device=session.pool.device,
        )
        return write_summary(plan, results, expected_pairs(session.protocol) or len(session.pairs))


def _comparable(summary: Summary, ours: Summary, key: str) -> tuple[str, ...]:
    """What of an entry has to be equal. Intervals of earlier versions were made in another way, and say so."""
    there, here = summary.metrics[key], ours.metrics[key]
    numbers = _NUMBERS if there.ci == here.ci else tuple(name for name in _NUMBERS if not name.startswith("ci_"))
    counts = _COUNTS if summary.schema_version == ours.schema_version else _COUNTS[:2]
    return (*numbers, *counts)


def _other_clips(folder: RunFolder, clips: Sequence[ClipScore]) -> list[str]:
    rows = {(row["pair"], row["metric"]): row for row in read_clips(folder.clips, _CLIP).to_pylist()}
    ours = {(clip.pair, clip.metric): clip for clip in clips}
    lacking = [f"clips.parquet lacks {metric} of {pair}" for pair, metric in ours.keys() - rows.keys()]
    return lacking + [
        f"clips.parquet: {name} of {place[1]} of {place[0]} is {rows[place][name]}, {getattr(clip, name)} by the scores"
        for place, clip in ours.items()
        for name in _CLIP
        if place in rows and not _equal(rows[place][name], getattr(clip, name))
    ]


def _other_frames(folder: RunFolder, stored: Sequence[PairResult]) -> list[str]:
    there = {(one.pair, one.metric): one for one in read_frames(folder.frames)}
    wrong = []
    for result in stored:
        for key, one in result.scores.items():
            other = there.get((result.pair.id, key))
            if other is None or other.statuses != one.statuses or other.values.tobytes() != one.values.tobytes():
                wrong.append(f"frames.parquet: {key} of {result.pair.id} is not as in its pair's file")
    return wrong


def _other_outcomes(folder: RunFolder, stored: Sequence[PairResult]) -> list[str]:
    """Outcomes that table, gate and report would read in place of those of the pairs."""
    if not folder.outcomes.is_file():
        return []
    there = read_outcomes(folder)
    names = {result.pair.id for result in stored}
    differing = [name for name in names & there.keys() if not _alike(there[name], folder.read_outcome(name))]
    differing += names ^ there.keys()
    return [f"outcomes.parquet: {name} is not as in its pair's file" for name in sorted(differing)]


def _alike(one: Outcome, other: Outcome | None) -> bool:
    """Whether all is the same but where the clip lies, which a submission may change."""
    return other is not None and replace(one, generated=other.generated) == other


def _equal(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)
    return one == other


def _off(one: float | None, other: float | None) -> float:
    """The distance of two means; two that do not exist are the same."""
    if one is None or other is None:
        return 0.0 if one is other else float("inf")
    return 0.0 if one == other else abs(one - other)
