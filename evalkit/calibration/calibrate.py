"""Score damaged copies of clean clips against the clean ones: each metric's answer to each step of each damage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalkit.calibration.degrade import DEGRADATIONS, Degradation
from evalkit.clips import video
from evalkit.errors import DatasetError
from evalkit.scoring.score_pair import Scorer
from evalkit.scoring.score_sets import score_sets
from evalkit.types import Clip, Frames, Pair


@dataclass(frozen=True)
class Answer:
    """The value of a metric over all clips at one step of one damage (None when it has no value), and its coverage."""

    metric: str
    degradation: str
    step: float
    value: float | None
    coverage: float


def calibrate(scorer: Scorer, clips: Sequence[Clip], folder: Path, on_clip: Callable[[str, str], None]) -> list[Answer]:
    """Answers of the scorer's metrics on copies of `clips`, damaged by every degradation in every step.

    The perfect output in self-reenactment is the driving clip itself; damage is all that is wrong with a copy. The
    other person of the identity swap is the next clip of another identity. `folder` is for temporary files. `on_clip`
    is called for every damaged clip that was scored. Copies that the damage leaves as they are, as the first step of
    each does, and those of a step that does no more than the one before are not scored again.

    Raises `DatasetError` when all clips are of one identity.
    """
    others = [_other(clip, clips) for clip in clips]
    clean = [_frames(scorer, clip) for clip in clips]
    swaps = [clean[clips.index(other)] for other in others]
    answers: list[Answer] = []
    undamaged: list[Answer] = []
    for degradation in DEGRADATIONS:
        before, found = clean, undamaged
        for step in degradation.steps:
            copies = [degradation.apply(frames, other, step) for frames, other in zip(clean, swaps, strict=True)]
            if found and (_equal(copies, before) or _equal(copies, clean)):
                known = found if _equal(copies, before) else undamaged
                answers += [replace(answer, degradation=degradation.id, step=step) for answer in known]
                for clip in clips:
                    on_clip(f"{degradation.id} {step:g} {clip.id}", "done")
                continue
            paths = [folder / f"{clip.id}-{degradation.id}-{step:g}.mkv" for clip in clips]
            for path, copy in zip(paths, copies, strict=True):
                video.write_video(path, [copy], 25)
            before, found = copies, _answers(scorer, clips, paths, degradation, step, on_clip)
            undamaged = undamaged or found
            answers += found
            for path in paths:
                path.unlink()
    return answers


def _equal(one: Sequence[Frames], other: Sequence[Frames]) -> bool:
    return all(np.array_equal(frames, others) for frames, others in zip(one, other, strict=True))


def _answers(
    scorer: Scorer,
    clips: Sequence[Clip],
    paths: Sequence[Path],
    degradation: Degradation,
    step: float,
    on_clip: Callable[[str, str], None],
) -> list[Answer]:
    values: dict[str, list[float]] = {metric.key: [] for metric in scorer.metrics if metric.by_frame}
    found: dict[str, list[float]] = {key: [] for key in values}
    for clip, path in zip(clips, paths, strict=True):
        for score in scorer.score(Pair(clip.id, clip, (0,), clip), path):
            there = np.isfinite(score.values)
            found[score.metric].append(float(there.mean()))
            if there.any():
                values[score.metric].append(float(score.values[there].mean()))
        on_clip(f"{degradation.id} {step:g} {clip.id}", "done")
    means = {key: float(np.mean(numbers)) if numbers else None for key, numbers in values.items()}
    answers = [Answer(key, degradation.id, step, means[key], float(np.mean(found[key]))) for key in values]
    sets = score_sets(scorer, paths, [clip.path for clip in clips])
    return answers + [Answer(key, degradation.id, step, score.value, 1.0) for key, score in sets.items()]


def _frames(scorer: Scorer, clip: Clip) -> Frames:
    return np.concatenate(list(video.iter_frames(clip.path, scorer.protocol.selection)))


def _other(clip: Clip, clips: Sequence[Clip]) -> Clip:
    start = clips.index(clip)
    for candidate in [*clips[start + 1 :], *clips[:start]]:
        if candidate.identity != clip.identity:
            return candidate
    raise DatasetError("Calibration needs clips of at least two identities, for the identity swap.")
