"""Score damaged copies of clean clips against the clean ones: each metric's answer to each step of each damage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit import video
from evalkit.calibration.degrade import DEGRADATIONS, Degradation
from evalkit.errors import DatasetError
from evalkit.evaluate import Scorer, driving_frames
from evalkit.types import Clip, Frames, Pair


@dataclass(frozen=True)
class Answer:
    """The mean of a metric over the clips at one step of one damage (None when it has none), and its coverage."""

    metric: str
    degradation: str
    step: float
    value: float | None
    coverage: float


def calibrate(
    scorer: Scorer, clips: Sequence[Clip], folder: Path, on_step: Callable[[str, float], None]
) -> list[Answer]:
    """Answers of the scorer's frame metrics on copies of `clips`, damaged by every degradation in every step.

    The perfect output in self-reenactment is the driving clip itself; damage is all that is wrong with a copy. The
    other person of the identity swap is the next clip of another identity. `folder` is for temporary files.

    Raises `DatasetError` when all clips are of one identity.
    """
    answers = []
    for degradation in DEGRADATIONS:
        for step in degradation.steps:
            answers += _answers(scorer, clips, degradation, step, folder)
            on_step(degradation.id, step)
    return answers


def _answers(
    scorer: Scorer, clips: Sequence[Clip], degradation: Degradation, step: float, folder: Path
) -> list[Answer]:
    values: dict[str, list[float]] = {metric.key: [] for metric in scorer.metrics if metric.level == "frame"}
    found: dict[str, list[float]] = {key: [] for key in values}
    for clip in clips:
        path = folder / f"{clip.id}.mkv"
        damaged = degradation.apply(_frames(scorer, clip), _frames(scorer, _other(clip, clips)), step)
        video.write_video(path, [damaged], 25)
        for score in scorer.score(Pair(clip.id, clip, (0,), clip), path):
            there = np.isfinite(score.values)
            found[score.metric].append(float(there.mean()))
            if there.any():
                values[score.metric].append(float(score.values[there].mean()))
    return [
        Answer(
            key, degradation.id, step, float(np.mean(values[key])) if values[key] else None, float(np.mean(found[key]))
        )
        for key in values
    ]


def _frames(scorer: Scorer, clip: Clip) -> Frames:
    return np.concatenate(list(driving_frames(clip.path, scorer.protocol.resolution, scorer.protocol.driving)))


def _other(clip: Clip, clips: Sequence[Clip]) -> Clip:
    start = clips.index(clip)
    for candidate in [*clips[start + 1 :], *clips[:start]]:
        if candidate.identity != clip.identity:
            return candidate
    raise DatasetError("Calibration needs clips of two identities at least; the identity swap has nobody to swap with.")
