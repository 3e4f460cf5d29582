"""What a metric is: a pure function on arrays, and the facts that a table, a signature and a gate need of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.base.plugins import Plugin
from evalkit.types import Reference, Task, Values

MetricFunction: TypeAlias = Callable[[NDArray[Any], NDArray[Any]], Values]
"""(generated, reference) -> one float64 value per generated frame, NaN where it does not exist.

Against the driving clip (or the true one, where a protocol says so) both arrays have T rows, frame by frame; against
the source the reference has one row per source. A metric of features sees all frames of a clip at once, one of frames a
few at a time, with as many before them as its `window` asks for. A metric of level `PerSet` gets all generated and all
reference rows of a protocol and returns one value, (1,).
"""


@dataclass(frozen=True)
class Statistics:
    """A set metric in two steps, so that no more than a block of rows is ever held.

    Attributes:
        gather: row blocks (n, D), in order -> what the comparison needs of them, whose size has a bound; None for no
            rows. How the rows are cut into blocks does not change a bit of it.
        compare: (gathered of the generated rows, gathered of the reference rows) -> (1,) the value.
    """

    gather: Callable[[Iterable[NDArray[Any]]], Any]
    compare: Callable[[Any, Any], Values]


@dataclass(frozen=True)
class PerFrame:
    """The level of a metric that has one value per generated frame.

    Attributes:
        missing_is_value: it counts missing faces, so that no policy for them applies.
        notes: what must stand beside a mean of these values, all frames of a run.
    """

    missing_is_value: bool = False
    notes: Callable[[Values], tuple[str, ...]] | None = None


@dataclass(frozen=True)
class PerSet:
    """The level of a metric that has one value for all generated against all reference rows of a protocol.

    Attributes:
        statistics: the same value without holding all rows at once; None when the metric needs them all.
        notes: what must stand beside a value of that many generated rows, reference rows and dimensions.
        rows: features (T, ...) of a clip -> the rows (n, D) of it that are compared; None: the features themselves.
    """

    statistics: Statistics | None = None
    notes: Callable[[int, int, int], tuple[str, ...]] | None = None
    rows: Callable[[NDArray[Any]], NDArray[Any]] | None = None


@dataclass(frozen=True)
class Metric:
    """A metric in one variant.

    Attributes:
        id: the file name in `evalkit/metrics`, and the first part of the column name.
        variant: what tells it from other metrics of that id; None for the plain one.
        title: as printed in tables, for example "CSIM".
        better: which direction is good.
        unit: "" for pure numbers.
        low, high: bounds a value cannot leave (infinite if unbounded).
        decimals: printed in tables.
        reference: the clip it compares the generated one with.
        tasks: where it means something; the pixel metrics have no ground truth in cross-reenactment, unless a protocol
            knows the true clips.
        input: an extractor id and the name of one of its features, or None for the frames themselves.
        function: the metric.
        level: `PerFrame` or `PerSet`, with what only a metric of that level has.
        window: how many frames of both clips a value is of, the frame itself and those before it. The first
            `window` - 1 frames of a clip have no value and are not missed in the coverage. With `WHOLE_CLIP` every
            value is of all frames together; a metric of features then returns what each frame has of it, or the same
            value for all.
        reference_feature: the feature of the same extractor that is taken on the side of the reference, where it is
            another one, such as the sound of the driving clip against the lips of the generated one.
        beside: key of the metric that must be computed with it, because a good value means nothing without that one.
        settings: constants that move the value, in words, for the signature.
        version: raised whenever the same input gives another number.
        paper: where the definition comes from.
        description: one or two sentences for `evalkit metrics list`.
        differences: what is known to differ from the code or paper it follows; "" for nothing known.
        plugin: where it comes from, set when it is registered; None for those of evalkit.
    """

    id: str
    title: str
    better: Literal["higher", "lower"]
    reference: Literal["driving", "source"]
    tasks: frozenset[Task]
    input: tuple[str, str] | None
    function: MetricFunction
    settings: str
    paper: str
    description: str
    differences: str = ""
    variant: str | None = None
    level: PerFrame | PerSet = PerFrame()
    window: int = 1
    reference_feature: str = ""
    beside: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = float("inf")
    decimals: int = 3
    version: int = 1
    plugin: Plugin | None = None

    @property
    def by_frame(self) -> bool:
        """Whether it has one value per frame."""
        return isinstance(self.level, PerFrame)

    @property
    def missing_is_value(self) -> bool:
        """Whether it counts missing faces: then no policy for them applies."""
        return isinstance(self.level, PerFrame) and self.level.missing_is_value

    @property
    def key(self) -> str:
        """The column name: `csim[dlib]`, or `l1` without a variant."""
        return f"{self.id}[{self.variant}]" if self.variant else self.id

    def signature(self, extractor_signature: str | None, averaging: str, driving: Reference = "driving") -> str:
        """Everything that moves the value, in one line. Two different signatures are never compared.

        `driving` is what stands in for the driving clip: the true one, in a protocol that compares with it.
        """
        code = self.plugin.mark if self.plugin else None
        parts = (
            self.key,
            extractor_signature,
            self.settings,
            f"vs {driving if self.reference == 'driving' else self.reference}",
            averaging,
            f"v{self.version}",
            code,
        )
        return "|".join(part for part in parts if part)


DEEP3D_DIFFERENCES = (
    "The crop comes from dlib's landmarks; the official script takes MTCNN's, PIRenderer's line FAN's, or those of an "
    "earlier frame where none were found. A frame without a face has no value; a script of GAGAvatar's author gives it "
    "0, the best there is."
)
"""Of every metric on Deep3DFaceRecon coefficients."""

POOLED_FRAMES = (
    "pose-evaluation takes the mean over the frames of all clips together, which `averaging: frame` in a protocol does "
    "here."
)
"""Of the metrics of the FOMM line."""

TDDFA_DIFFERENCES = "The face box is SCRFD's, in 3DDFA_V2 that of FaceBoxes."
"""Of every metric on 3DDFA_V2."""

SELF_ONLY: frozenset[Task] = frozenset({"self_reenactment"})
BOTH_TASKS: frozenset[Task] = frozenset({"self_reenactment", "cross_reenactment"})


def found(rows: NDArray[Any]) -> NDArray[np.bool_]:
    """(T,) whether rows (T, ...) hold something: they are NaN where there was no face."""
    return np.asarray(np.isfinite(rows).all(axis=tuple(range(1, rows.ndim))))


def set_rows(metric: Metric, features: NDArray[Any]) -> NDArray[Any]:
    """The rows (n, D) of features (T, ...) of a clip that a metric of level `PerSet` compares."""
    rows = metric.level.rows if isinstance(metric.level, PerSet) else None
    return rows(features) if rows and len(features) else features


def check_frames(generated: NDArray[Any], reference: NDArray[Any]) -> None:
    """Raise `ValueError` unless both are (T, H, W, 3) uint8 of one shape."""
    for name, frames in (("generated", generated), ("reference", reference)):
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3:
            raise ValueError(f"expected {name} frames (T, H, W, 3) uint8, got {frames.shape} {frames.dtype}")
    if generated.shape != reference.shape:
        raise ValueError(f"expected frames of one shape, got generated {generated.shape}, reference {reference.shape}")


def check_rows(generated: NDArray[Any], reference: NDArray[Any]) -> None:
    """Raise `ValueError` unless both have the same shape with one row per frame."""
    if generated.shape != reference.shape or generated.ndim < 2:
        raise ValueError(f"expected rows of one shape, got generated {generated.shape}, reference {reference.shape}")
