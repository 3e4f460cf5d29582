"""`ek.metric`: one metric on arrays or tensors."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from evalkit.api.frames import Layout, Range, as_clips, as_sources
from evalkit.base.extras import missing_library
from evalkit.base.places import cache_dir
from evalkit.errors import ScoreError, WeightsError
from evalkit.metrics import METRICS, Metric, find_metric
from evalkit.scoring.availability import unavailable
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_arrays import ArrayScorer, ArrayScores
from evalkit.types import Values

if TYPE_CHECKING:
    from evalkit.api.wrappers.evaluate import EvaluateModule
    from evalkit.api.wrappers.torchmetrics import ClipMean


@dataclass(frozen=True)
class Score:
    """What a metric says of frames.

    Attributes:
        value: the mean over the frames of each clip, then over clips, or the value of a metric of sets; NaN where no
            frame has one.
        frames: (T,) float64 value of each frame, NaN where it has none; a tuple of them for a layout with B; None for
            a metric of sets.
        coverage: share of the frames that have a value, in [0, 1].
        signature: everything that moves the value. Values of two signatures are never compared.
        notes: what must stand beside the value.
    """

    metric: str
    value: float
    frames: Values | tuple[Values, ...] | None
    coverage: float
    unit: str
    better: str
    signature: str
    notes: tuple[str, ...] = ()

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        part = f" ({self.coverage:.1%} of the frames)" if self.coverage < 1 else ""
        return f"{self.metric} {self.value:.4g}{unit}{part}"


@dataclass(frozen=True)
class ArrayMetric:
    """A metric that takes arrays. Networks are loaded at the first call and stay loaded."""

    metric: Metric
    device: str = "cpu"

    def __call__(
        self,
        generated: object,
        reference: object = None,
        *,
        layout: Layout,
        range: Range,
        driving: object = None,
        source: object = None,
    ) -> Score:
        """Score frames.

        Args:
            generated: generated frames, RGB: a NumPy array, a PyTorch tensor, or what NumPy can read.
            reference: what the metric compares with: as many driving frames, or source images of any number. `driving`
                and `source` say the same by name, and are refused where the metric compares with the other.
            layout: the axes of all arrays, such as "THWC", "TCHW" or "BCTHW"; "HWC" and "CHW" are single frames. Of
                a source, T may be left out.
            range: 255 for 0 to 255, 1 for 0 to 1, (-1, 1) for -1 to 1. Floats are rounded to the nearest of 256 levels.

        Raises `ScoreError` for an array that contradicts `layout` or `range`, and for frames that do not fit.

        >>> import numpy as np, evalkit as ek
        >>> driving = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
        >>> score = ek.metric("psnr")(driving // 2, driving, layout="THWC", range=255)
        >>> print(score, score.frames.shape)
        psnr 10.77 dB (8,)
        """
        against = self._reference(reference, driving, source)
        read = as_sources if self.metric.reference == "source" else as_clips
        ours = as_clips("generated", generated, layout, range)
        theirs = read(self.metric.reference, against, layout, range)
        if len(ours) != len(theirs):
            raise ScoreError(f"got {len(ours)} generated clips, and {self.metric.reference} frames of {len(theirs)}.")
        return self._score(self._scorer.score(ours, theirs), "B" in layout)

    @property
    def signature(self) -> str:
        """Everything that moves a value. Values of two signatures are never compared."""
        return self._scorer.signature

    def as_torchmetrics(self, *, layout: Layout, range: Range) -> "ClipMean":
        """As a `torchmetrics.Metric` for `update(generated, reference)` with clips; needs the extra `torchmetrics`.

        Raises `ScoreError` for a metric of sets, `MissingLibraryError` without the library.

        >>> import torch, evalkit as ek
        >>> psnr = ek.metric("psnr").as_torchmetrics(layout="TCHW", range=1)
        >>> for level in (0.25, 0.75):
        ...     psnr.update(torch.full((2, 3, 16, 16), level), torch.full((2, 3, 16, 16), 0.5))
        >>> round(float(psnr.compute()), 2)
        12.08
        """
        try:
            from evalkit.api.wrappers.torchmetrics import ClipMean
        except ImportError as error:
            raise missing_library(error) or error from error
        return ClipMean(self, layout, range)

    def as_evaluate(self, *, layout: Layout, range: Range) -> "EvaluateModule":
        """With `add`, `add_batch` and `compute`, as modules of Hugging Face's `evaluate` have them.

        Raises `ScoreError` for a metric of sets.

        >>> import numpy as np, evalkit as ek
        >>> clips = [np.full((2, 16, 16, 3), level, np.uint8) for level in (100, 200)]
        >>> found = ek.metric("l1").as_evaluate(layout="THWC", range=255).compute(predictions=clips, references=clips)
        >>> found["l1"], found["clips"], found["frames"]
        (0.0, 2, 4)
        """
        from evalkit.api.wrappers.evaluate import EvaluateModule

        return EvaluateModule(self, layout, range)

    @cached_property
    def _scorer(self) -> ArrayScorer:
        return ArrayScorer(self.metric, FeatureBank(FeatureCache(cache_dir()), self.device))

    def _reference(self, reference: object, driving: object, source: object) -> object:
        given = {"reference": reference, "driving": driving, "source": source}
        named = [name for name, array in given.items() if array is not None]
        wanted = self.metric.reference
        if len(named) != 1:
            raise ScoreError(f"{self.metric.key} compares with {wanted} frames: give them once, as {wanted}=...")
        if named[0] not in ("reference", wanted):
            raise ScoreError(f"{self.metric.key} compares with {wanted} frames, not with the {named[0]}.")
        return given[named[0]]

    def _score(self, found: ArrayScores, several: bool) -> Score:
        metric = self.metric
        frames = None if not metric.by_frame else found.frames if several else found.frames[0]
        beside = (f"means nothing without {metric.beside} of the same frames",) if metric.beside else ()
        notes = (*found.notes, *beside)
        return Score(metric.key, found.value, frames, found.coverage, metric.unit, metric.better, self.signature, notes)


def metric(name: str | Metric, device: str = "cpu") -> ArrayMetric:
    """A metric as a function of arrays: `ek.metric("ssim")(generated, driving, layout="THWC", range=255)`.

    Frames are scored at the size they have; a run brings them to the size of its protocol first.

    Args:
        name: a key of `ek.list_metrics()` such as "csim[dlib]", a bare id for its first variant, or an `ek.Metric`.
        device: where networks that need no CPU run: "cpu", "cuda" or "cuda:N".

    Raises `UnknownNameError`, and `WeightsError` for a metric whose networks or libraries are missing here.

    >>> import numpy as np, evalkit as ek
    >>> grey = np.full((2, 3, 32, 32), 0.5)
    >>> float(ek.metric("l1")(grey, grey, layout="TCHW", range=1))
    0.0
    """
    found = name if isinstance(name, Metric) else find_metric(name)
    if reason := unavailable([found]).get(found.key):
        raise WeightsError(f"{found.key} cannot be computed here. {reason}")
    return ArrayMetric(found, device)


def list_metrics() -> list[Metric]:
    """All metrics, evalkit's own and those of plugins, in the order of `evalkit metrics list`.

    >>> import evalkit as ek
    >>> [metric.key for metric in ek.list_metrics()[:3]]
    ['l1', 'l1[255]', 'psnr']
    """
    return list(METRICS.values())
