"""Metrics of level `PerSet`: one number for all generated against all reference frames of a protocol.

Clips are read one after the other in the protocol's order, and metrics that have `statistics` never hold all rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.clips import video
from evalkit.metrics import Metric
from evalkit.metrics.base import PerSet, set_rows
from evalkit.protocol.schema import Protocol
from evalkit.scoring.features import ClipFeatures
from evalkit.scoring.score_pair import Scorer
from evalkit.statistics.leave_out import LeftOut, leave_out
from evalkit.types import Frames, Pair

PER_CLIP, MOST_ROWS = 16, 400
"""Rows of a clip, and of a side, that people are left out of: a set metric is taken once more for every person."""


@dataclass(frozen=True)
class SetPeople:
    """Who is in each generated clip (source, driving), and in each real clip."""

    generated: Sequence[tuple[str, str]]
    real: Sequence[str]


@dataclass(frozen=True)
class SetScore:
    """The value of a set metric (None when it has none), the rows on each side, and what must be said of them.

    `left_out` says how sure it is, from leaving out people; None where nobody told who they are.
    """

    value: float | None
    generated_rows: int
    reference_rows: int
    notes: tuple[str, ...] = ()
    left_out: LeftOut | None = None


def real_clips(protocol: Protocol, pairs: Iterable[Pair]) -> list[Path]:
    """The clips that the protocol names as the real set of `pairs`."""
    return [pair.reference if protocol.real_set == "driving" else pair.source.path for pair in pairs]


def set_people(protocol: Protocol, pairs: Sequence[Pair]) -> SetPeople:
    """The people of `pairs` and of their `real_clips`."""
    of_driver = protocol.real_set == "driving" and protocol.reference == "driving"
    real = [pair.driving if of_driver else pair.source for pair in pairs]
    return SetPeople(
        [(pair.source.identity, pair.driving.identity) for pair in pairs], [clip.identity for clip in real]
    )


def score_sets(
    scorer: Scorer, generated: Sequence[Path], real: Sequence[Path], people: SetPeople | None = None
) -> dict[str, SetScore]:
    """Set metrics of `scorer` over generated clips, against frames of real clips (the driving rule's), each clip once.

    With `people`, in the order of both, the scores say how sure they are.

    Features come from the cache, where scoring the pairs has put them; what is missing there is extracted again.
    """
    return {
        metric.key: _score(scorer, metric, metric.level, generated, real, people)
        for metric in scorer.metrics
        if isinstance(metric.level, PerSet)
    }


def _score(
    scorer: Scorer,
    metric: Metric,
    level: PerSet,
    generated: Sequence[Path],
    real: Sequence[Path],
    people: SetPeople | None,
) -> SetScore:
    made = _Counted(
        _rows(metric, scorer.generated_features(path, [metric]), video.iter_frames(path, scorer.protocol.whole))
        for path in generated
    )
    reference = _Counted(
        _rows(metric, scorer.driving_features(path, [metric]), video.iter_frames(path, scorer.protocol.selection))
        for path in dict.fromkeys(real)
    )
    gather = level.statistics.gather if level.statistics else _stacked
    compare = level.statistics.compare if level.statistics else metric.function
    ours, theirs = gather(made), gather(reference)
    value = float(compare(ours, theirs)[0]) if made.rows and reference.rows else float("nan")
    notes = level.notes(made.rows, reference.rows, made.dimensions) if level.notes else ()
    if not np.isfinite(value):
        return SetScore(None, made.rows, reference.rows, notes)
    left_out = None
    if people is not None:
        # Real clips are read once each, in the order in which they first come.
        of_real = dict(zip(real, people.real, strict=True))
        left_out = _left_out(
            metric,
            value,
            made.few,
            reference.few,
            replace(people, real=[of_real[path] for path in dict.fromkeys(real)]),
        )
    return SetScore(value, made.rows, reference.rows, notes, left_out)


def _left_out(
    metric: Metric, whole: float, made: Sequence[NDArray[Any]], real: Sequence[NDArray[Any]], people: SetPeople
) -> LeftOut:
    """How sure `whole` is, from some rows of every clip; `people.real` is of the clips of `real`."""
    ours, theirs = _fewer(made), _fewer(real)
    rows, others = (_stacked(part for part in side if len(part)) for side in (ours, theirs))
    names = [name for name, part in zip(people.generated, ours, strict=True) for _ in part]
    real_names = [name for name, part in zip(people.real, theirs, strict=True) for _ in part]

    def value(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
        if not (one.any() and other.any()):
            return float("nan")
        try:
            return float(metric.function(rows[one], others[other])[0])
        except ValueError:  # a metric may refuse what is left
            return float("nan")

    found = leave_out(value, [name for name, _ in names], [name for _, name in names], real_names)
    return replace(found, estimate=replace(found.estimate, mean=whole))


def _fewer(parts: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Evenly spaced rows of each part, about `MOST_ROWS` in all and at least one of each that has any."""
    step = -(-sum(len(part) for part in parts) // MOST_ROWS)
    return [part[:: max(step, 1)] for part in parts]


@dataclass
class _Counted:
    """Row blocks that pass one by one, each from a clip, and how many rows there were; clips without rows are left out.

    With no rows at all, `dimensions` stays 0. `few` keeps some rows of every clip.
    """

    parts: Iterable[NDArray[Any]]
    rows: int = 0
    dimensions: int = 0
    few: list[NDArray[Any]] = field(default_factory=list)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        for part in self.parts:
            self.few.append(part[:: max(-(-len(part) // PER_CLIP), 1)].copy())
            if len(part):
                self.rows, self.dimensions = self.rows + len(part), part.shape[1]
                yield part


def _rows(metric: Metric, features: ClipFeatures, frames: Iterable[Frames]) -> NDArray[Any]:
    assert metric.input is not None
    extractor, name = metric.input
    if extractor in features.missing:
        for chunk in frames:
            features.feed(chunk)
    found = features.finish().get(extractor, {}).get(name, np.empty((0, 0)))
    return set_rows(metric, found)


def _stacked(parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    filled = list(parts)
    return np.concatenate(filled) if filled else np.empty((0, 0))
