"""One metric on frames in memory: no protocol, no files, no cache; networks are loaded once and stay loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import ScoreError
from evalkit.extractors import EXTRACTORS
from evalkit.metrics import Metric
from evalkit.metrics.base import PerSet, set_rows
from evalkit.records.frame_scores import NO_SOUND, NOT_COUNTED, OK, UNDEFINED
from evalkit.scoring.features import FeatureBank, chain_signature
from evalkit.scoring.missing_faces import score_frames
from evalkit.scoring.score_pair import windowed
from evalkit.types import Frames, Values


@dataclass(frozen=True)
class ArrayScores:
    """One metric over clips in memory: per clip (T,) values, NaN where there is none, and why.

    A metric of sets has one `value` and no `frames`.
    """

    value: float
    frames: tuple[Values, ...]
    statuses: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def coverage(self) -> float:
        """Share of the frames that could have a value and have one of their own; 1 for a metric of sets."""
        found = [status == OK for clip in self.statuses for status in clip if status not in NOT_COUNTED]
        return float(np.mean(found)) if found else 1.0


@dataclass(frozen=True)
class ArrayScorer:
    """Scores frames with one metric, whose networks the `bank` loads when they are needed."""

    metric: Metric
    bank: FeatureBank

    @property
    def signature(self) -> str:
        """What moves the value: the metric's definition and networks; frames are taken at the size they have."""
        chain = chain_signature(self.metric.input[0]) if self.metric.input else None
        return self.metric.signature(chain, "arrays|frame>clip>all|exclude_and_report")

    def score(self, generated: Sequence[Frames], reference: Sequence[Frames]) -> ArrayScores:
        """The metric over clips (T, H, W, 3) and what each is compared with: driving frames or source images.

        Raises `ScoreError` where the frames of a clip and those it is compared with do not fit.
        """
        metric = self.metric
        if metric.reference == "driving" and metric.by_frame:
            for made, driving in zip(generated, reference, strict=True):
                _check_match(metric, made, driving)
        if isinstance(metric.level, PerSet):
            ours, theirs = (
                _stacked(metric, [set_rows(metric, self._rows(clip)) for clip in side])
                for side in (generated, reference)
            )
            notes = metric.level.notes(len(ours), len(theirs), ours.shape[1]) if metric.level.notes else ()
            return ArrayScores(float(metric.function(ours, theirs)[0]), (), (), notes)
        scored = [self._clip(made, against) for made, against in zip(generated, reference, strict=True)]
        frames = tuple(values for values, _ in scored)
        means = [float(values[np.isfinite(values)].mean()) for values in frames if np.isfinite(values).any()]
        everything = np.concatenate(frames)
        notes = metric.level.notes(everything) if metric.level.notes else ()
        value = float(np.mean(means)) if means else float("nan")
        return ArrayScores(value, frames, tuple(statuses for _, statuses in scored), notes)

    def _clip(self, made: Frames, against: Frames) -> tuple[Values, tuple[str, ...]]:
        metric = self.metric
        if metric.input is None:
            values = windowed(metric, (), made, against)
            return values, tuple(UNDEFINED if np.isnan(value) else OK for value in values)
        if few := EXTRACTORS[metric.input[0]].transient:  # its features are too large to hold all
            starts = range(0, len(made), few)
            parts = [
                metric.function(*(self._rows(clip[start : start + few]) for clip in (made, against)))
                for start in starts
            ]
            return np.concatenate(parts), (OK,) * len(made)
        if metric.reference_feature:  # frames in memory have no sound
            return np.full(len(made), np.nan), (NO_SOUND,) * len(made)
        return score_frames(metric, "exclude_and_report", self._rows(made), self._rows(against))

    def _rows(self, clip: Frames) -> NDArray[Any]:
        """The feature that the metric compares, of all frames of a clip: (T, ...), or a row per window."""
        assert self.metric.input is not None
        name, feature = self.metric.input
        return self.bank.of_clip(clip, [name]).get(name, {}).get(feature, np.empty((0, 0)))


def _check_match(metric: Metric, made: Frames, driving: Frames) -> None:
    if len(made) != len(driving):
        raise ScoreError(
            f"{metric.key} compares frame by frame: got {len(made)} generated and {len(driving)} driving frames."
        )
    if metric.input is None and made.shape != driving.shape:
        raise ScoreError(
            f"{metric.key} compares pixels: generated frames are {made.shape[2]}x{made.shape[1]}, driving frames "
            f"{driving.shape[2]}x{driving.shape[1]}. Resize one of them by a rule that you state."
        )


def _stacked(metric: Metric, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    rows = [part for part in parts if len(part)]
    if not rows:
        raise ScoreError(f"{metric.key} found nothing to compare: no clip has a full window of frames or a face.")
    return np.concatenate(rows)
