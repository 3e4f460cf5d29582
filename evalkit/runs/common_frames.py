"""Results of several runs over the frames that all of them have a value of, so that coverage does not bias them.

A method that loses its hard frames is scored on the easy ones, so its mean is better than it deserves. Over the frames
that all rows have, every row is a mean over the same ones.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit.metrics import METRICS
from evalkit.records.clip_scores import read_clips
from evalkit.records.frame_scores import OK, FrameScores, read_frames
from evalkit.records.run import MetricSummary, read_header
from evalkit.records.run_folder import RunFolder
from evalkit.runs.aggregate import ClipScore, summarise
from evalkit.tables.results import Measured, by_protocol, read_measured

People = dict[str, tuple[str, str]]
"""Pair -> who is in its source clip, who in its driving clip."""
Scores = dict[str, FrameScores]
"""Pair -> scores of one metric."""


def on_common_frames(folders: Sequence[Path]) -> list[Measured]:
    """The results of run folders, each metric per frame over the frames that have a value of their own in all of them.

    Runs of several protocols are restricted protocol by protocol. Sets of frames (FID, FVD) and speeds stay as they
    are. Raises `RunError` when a folder is not a finished run or has no frame scores, or when runs of a protocol cannot
    be compared.
    """
    results = [read_measured(folder) for folder in folders]
    by_protocol(results)  # refuses a folder that is given twice, too
    made = dict(zip(folders, results, strict=True))
    for protocol in dict.fromkeys(result.protocol for result in results):
        for folder, entries in _restricted([f for f, result in made.items() if result.protocol == protocol]).items():
            summary = made[folder].summary
            known = {
                key: entry.model_copy(update={"signature": summary.metrics[key].signature})
                for key, entry in entries.items()
                if key in summary.metrics
            }
            compared = summary.model_copy(update={"metrics": {**summary.metrics, **known}})
            made[folder] = replace(made[folder], summary=compared)
    return list(made.values())


def common_note(results: Sequence[Measured]) -> list[str]:
    """A line for below a table of `on_common_frames`; none where only sets of frames were scored."""
    shares: dict[str, list[float]] = {}
    for result in results:
        for key, entry in result.summary.metrics.items():
            if key in METRICS and METRICS[key].by_frame and entry.value is not None:
                shares.setdefault(key, []).append(entry.coverage)
    parts = (f"{key} {min(found):.1%}" for key, found in shares.items())
    return [f"means over the frames that all rows have: {', '.join(parts)} of all"] if shares else []


def _restricted(folders: Sequence[Path]) -> dict[Path, dict[str, MetricSummary]]:
    """Folder -> metric -> its entry over the common frames of the runs of one protocol."""
    scores = {folder: _by_metric(folder) for folder in folders}
    found: dict[Path, dict[str, MetricSummary]] = {folder: {} for folder in folders}
    people = {pair: who for folder in folders for pair, who in _people(folder).items()}
    protocol = read_header(folders[0]).protocol
    for key in dict.fromkeys(key for by_metric in scores.values() for key in by_metric):
        if key not in METRICS:
            continue
        holders = {folder: by_metric[key] for folder, by_metric in scores.items() if key in by_metric}
        common = {pair: _common([held.get(pair) for held in holders.values()]) for pair in people}
        for folder, held in holders.items():
            clips = [_clip(key, pair, people[pair], held.get(pair), common[pair]) for pair in people]
            found[folder][key] = summarise(METRICS[key], protocol, clips, "")
    return found


def _common(scores: Sequence[FrameScores | None]) -> NDArray[np.bool_]:
    """(T,) which frames of a pair have a value of their own in every run; none when a run lacks the pair."""
    there = [score for score in scores if score is not None]
    length = max((len(score.values) for score in there), default=0)
    if len(there) < len(scores) or any(len(score.values) != length for score in there):
        return np.zeros(length, np.bool_)
    own = [np.array(score.statuses) == OK for score in there]
    finite = [np.isfinite(score.values) for score in there]
    return np.asarray(np.logical_and.reduce([*own, *finite]))


def _clip(
    metric: str, pair: str, who: tuple[str, str], scores: FrameScores | None, common: NDArray[np.bool_]
) -> ClipScore:
    n, frames = int(common.sum()), len(common)
    return ClipScore(
        pair=pair,
        source_identity=who[0],
        driving_identity=who[1],
        metric=metric,
        mean=float(scores.values[common].mean()) if scores is not None and n else None,
        n=n,
        frames=frames,
        coverage=n / frames if frames else 0.0,
        no_face_generated=0,
        no_face_reference=0,
        status=OK if n else "nothing_scored",
        reason=None,
    )


def _by_metric(folder: Path) -> dict[str, Scores]:
    found: dict[str, Scores] = {}
    for scores in read_frames(RunFolder(folder).frames):
        found.setdefault(scores.metric, {})[scores.pair] = scores
    return found


def _people(folder: Path) -> People:
    rows = read_clips(RunFolder(folder).clips, ("pair", "source_identity", "driving_identity")).to_pylist()
    return {row["pair"]: (row["source_identity"], row["driving_identity"]) for row in rows}
