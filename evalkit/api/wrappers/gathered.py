"""What a mean over clips needs: sums, which can be added to those of another process."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evalkit.api.frames import Layout, Range
from evalkit.errors import ScoreError
from evalkit.metrics import Metric
from evalkit.types import Values


class Framed(Protocol):
    """Scores of frames, of each clip by itself for a layout with B."""

    @property
    def frames(self) -> Values | tuple[Values, ...] | None:
        """(T,) values; None for a metric of sets."""
        ...


class OfArrays(Protocol):
    """What `ek.metric` gives: a metric that takes arrays."""

    @property
    def metric(self) -> Metric:
        """The metric."""
        ...

    @property
    def signature(self) -> str:
        """Everything that moves a value."""
        ...

    def __call__(self, generated: object, reference: object, *, layout: Layout, range: Range) -> Framed:
        """Scores of frames."""
        ...


@dataclass(frozen=True)
class Gathered:
    """`total` of the means of `clips` with a value; `valued` of `frames` have one."""

    total: float = 0.0
    clips: int = 0
    valued: int = 0
    frames: int = 0

    def __add__(self, other: "Gathered") -> "Gathered":
        return Gathered(
            self.total + other.total,
            self.clips + other.clips,
            self.valued + other.valued,
            self.frames + other.frames,
        )

    @property
    def value(self) -> float:
        """The mean over clips; NaN without one."""
        return self.total / self.clips if self.clips else float("nan")

    @property
    def coverage(self) -> float:
        """Share of the frames that have a value; NaN without frames."""
        return self.valued / self.frames if self.frames else float("nan")


def gather(metric: OfArrays, generated: object, reference: object, layout: Layout, range: Range) -> Gathered:
    """The sums of one call. Raises `ScoreError` as the metric does."""
    frames = metric(generated, reference, layout=layout, range=range).frames
    found = Gathered()
    for clip in frames if isinstance(frames, tuple) else (frames,):
        assert clip is not None  # of sets: refused before
        known = clip[np.isfinite(clip)]
        mean = float(known.mean()) if len(known) else 0.0
        found += Gathered(mean, int(len(known) > 0), len(known), len(clip))
    return found


def refuse_sets(metric: OfArrays) -> None:
    """Raise `ScoreError` for a metric that has no value of a clip."""
    if not metric.metric.by_frame:
        raise ScoreError(f"{metric.metric.key} compares all clips at once, so it cannot be gathered clip by clip.")
