"""Metrics of level "set": one number for all generated against all reference frames of a protocol.

Clips are read one after the other in the protocol's order, and metrics that have `statistics` never hold all rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.clips import video
from evalkit.metrics import Metric
from evalkit.protocol.schema import Protocol
from evalkit.scoring.features import ClipFeatures
from evalkit.scoring.score_pair import Scorer
from evalkit.types import Frames, Pair


@dataclass(frozen=True)
class SetScore:
    """The value of a set metric (None when it has none), the rows on each side, and what must be said of them."""

    value: float | None
    generated_rows: int
    reference_rows: int
    notes: tuple[str, ...] = ()


def real_clips(protocol: Protocol, pairs: Iterable[Pair]) -> list[Path]:
    """The clips that the protocol names as the real set of `pairs`."""
    return [pair.driving.path if protocol.real_set == "driving" else pair.source.path for pair in pairs]


def score_sets(scorer: Scorer, generated: Sequence[Path], real: Sequence[Path]) -> dict[str, SetScore]:
    """Set metrics of `scorer` over generated clips, against frames of real clips (the driving rule's), each clip once.

    Features come from the cache, where scoring the pairs has put them; what is missing there is extracted again.
    """
    return {metric.key: _score(scorer, metric, generated, real) for metric in scorer.metrics if metric.level == "set"}


def _score(scorer: Scorer, metric: Metric, generated: Sequence[Path], real: Sequence[Path]) -> SetScore:
    made = _Counted(
        _rows(metric, scorer.generated_features(path, [metric]), video.iter_frames(path, scorer.protocol.whole))
        for path in generated
    )
    reference = _Counted(
        _rows(metric, scorer.driving_features(path, [metric]), video.iter_frames(path, scorer.protocol.selection))
        for path in dict.fromkeys(real)
    )
    gather = metric.statistics.gather if metric.statistics else _stacked
    compare = metric.statistics.compare if metric.statistics else metric.function
    ours, theirs = gather(made), gather(reference)
    value = float(compare(ours, theirs)[0]) if made.rows and reference.rows else float("nan")
    notes = metric.sample_notes(made.rows, reference.rows, made.dimensions) if metric.sample_notes else ()
    return SetScore(value if np.isfinite(value) else None, made.rows, reference.rows, notes)


@dataclass
class _Counted:
    """Row blocks that pass one by one, each from a clip, and how many rows there were; clips without rows are left out.

    With no rows at all, `dimensions` stays 0.
    """

    parts: Iterable[NDArray[Any]]
    rows: int = 0
    dimensions: int = 0

    def __iter__(self) -> Iterator[NDArray[Any]]:
        for part in self.parts:
            if len(part):
                self.rows, self.dimensions = self.rows + len(part), part.shape[1]
                yield part


def _rows(metric: Metric, features: ClipFeatures, frames: Iterable[Frames]) -> NDArray[Any]:
    assert metric.input is not None
    extractor, name = metric.input
    if extractor in features.missing:
        for chunk in frames:
            features.feed(chunk)
    return features.finish().get(extractor, {}).get(name, np.empty((0, 0)))


def _stacked(parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    filled = list(parts)
    return np.concatenate(filled) if filled else np.empty((0, 0))
