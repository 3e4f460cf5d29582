"""Metrics of level "set": one number for all generated against all reference frames of a protocol."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit import video
from evalkit.evaluate import Scorer, driving_frames
from evalkit.features import ClipFeatures
from evalkit.metrics import Metric
from evalkit.types import Frames


@dataclass(frozen=True)
class SetScore:
    """The value of a set metric (None when it has none), the rows on each side, and what must be said of them."""

    value: float | None
    generated_rows: int
    reference_rows: int
    notes: tuple[str, ...] = ()


def score_sets(scorer: Scorer, generated: Sequence[Path], driving: Sequence[Path]) -> dict[str, SetScore]:
    """Set metrics of `scorer` over generated clips, against the driving frames of these clips, each clip once.

    Features come from the cache, where scoring the pairs has put them; what is missing there is extracted again.
    """
    return {
        metric.key: _score(scorer, metric, generated, driving) for metric in scorer.metrics if metric.level == "set"
    }


def _score(scorer: Scorer, metric: Metric, generated: Sequence[Path], driving: Sequence[Path]) -> SetScore:
    protocol = scorer.protocol
    ours = [_rows(metric, scorer.generated_features(path), video.iter_frames(path)) for path in generated]
    theirs = [
        _rows(metric, scorer.driving_features(path), driving_frames(path, protocol.resolution, protocol.driving))
        for path in dict.fromkeys(driving)
    ]
    made, reference = _stacked(ours), _stacked(theirs)
    value = float(metric.function(made, reference)[0]) if len(made) and len(reference) else float("nan")
    notes = metric.sample_notes(len(made), len(reference), made.shape[1]) if metric.sample_notes else ()
    return SetScore(value if np.isfinite(value) else None, len(made), len(reference), notes)


def _rows(metric: Metric, features: ClipFeatures, frames: Iterable[Frames]) -> NDArray[Any]:
    assert metric.input is not None
    extractor, name = metric.input
    if extractor in features.missing:
        for chunk in frames:
            features.feed(chunk)
    return features.finish().get(extractor, {}).get(name, np.empty((0, 0)))


def _stacked(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    filled = [part for part in parts if len(part)]
    return np.concatenate(filled) if filled else np.empty((0, 0))
