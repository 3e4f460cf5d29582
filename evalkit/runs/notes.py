"""What has to stand beside the value of a metric that is scored frame by frame."""

from collections.abc import Sequence

import numpy as np

from evalkit.extractors import EXTRACTORS
from evalkit.metrics import Metric
from evalkit.metrics.base import PerFrame
from evalkit.records.frame_scores import NO_COEFFICIENTS, NO_SOUND, FrameScores
from evalkit.scoring.coefficients import arrays_of


def frame_notes(metric: Metric, scores: Sequence[FrameScores]) -> tuple[str, ...]:
    """Notes on the scores of one metric over the pairs of a run, for `summary.json`."""
    return (*_without_coefficients(metric, scores), *_without_sound(scores), *_of_values(metric, scores))


def _without_coefficients(metric: Metric, scores: Sequence[FrameScores]) -> tuple[str, ...]:
    lacking = sum(NO_COEFFICIENTS in score.statuses for score in scores)
    if not lacking or metric.input is None:
        return ()
    network, feature = metric.input
    needed = ", ".join(wanted.array for wanted in arrays_of(EXTRACTORS[network], feature))
    return (f"no coefficients for {lacking} of {len(scores)} pairs: the npz files of both clips must hold {needed}",)


def _without_sound(scores: Sequence[FrameScores]) -> tuple[str, ...]:
    silent = sum(NO_SOUND in score.statuses for score in scores)
    if not silent:
        return ()
    return (f"no sound to compare with in {silent} of {len(scores)} pairs, or a frame rate that is not 25 per second",)


def _of_values(metric: Metric, scores: Sequence[FrameScores]) -> tuple[str, ...]:
    values = [score.values[np.isfinite(score.values)] for score in scores]
    if not (isinstance(metric.level, PerFrame) and metric.level.notes and values):
        return ()
    return metric.level.notes(np.concatenate(values))
