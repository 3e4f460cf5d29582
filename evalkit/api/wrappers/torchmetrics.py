"""A metric as a `torchmetrics.Metric`: sums over clips, which are added up over processes."""

from typing import Any

import torch
import torchmetrics

from evalkit.api.frames import Layout, Range
from evalkit.api.wrappers.gathered import Gathered, OfArrays, gather, refuse_sets


class ClipMean(torchmetrics.Metric):
    """`update(generated, reference)` with a clip, or several with a layout with B; `compute()` is the mean over clips.

    Frames are counted by the CPU, so `update` waits for the device of its tensors. `coverage` and `signature` belong
    beside the value.
    """

    is_differentiable = False
    full_state_update = False
    total: torch.Tensor
    counts: torch.Tensor

    def __init__(self, metric: OfArrays, layout: Layout, range: Range, **torchmetrics_options: Any) -> None:
        super().__init__(**torchmetrics_options)
        refuse_sets(metric)
        self.metric, self.layout, self.range = metric, layout, range
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("counts", torch.zeros(3, dtype=torch.int64), dist_reduce_fx="sum")

    @property
    def higher_is_better(self) -> bool:  # type: ignore[override]
        """Which way is better; a constant of the class elsewhere, which holds one metric there."""
        return self.metric.metric.better == "higher"

    @property
    def signature(self) -> str:
        """Everything that moves the value."""
        return self.metric.signature

    def update(self, preds: torch.Tensor, target: torch.Tensor) -> None:
        """Add generated frames, and what they are compared with."""
        found = gather(self.metric, preds, target, self.layout, self.range)
        self.total += found.total
        self.counts += torch.tensor([found.clips, found.valued, found.frames], device=self.counts.device)

    def compute(self) -> torch.Tensor:
        """() float64, the mean over clips; NaN without one."""
        return torch.tensor(self._gathered.value, dtype=torch.float64, device=self.total.device)

    @property
    def coverage(self) -> float:
        """Share of the frames that have a value, of this process until `compute` has added up."""
        return self._gathered.coverage

    @property
    def _gathered(self) -> Gathered:
        clips, valued, frames = (int(count) for count in self.counts)
        return Gathered(float(self.total), clips, valued, frames)
