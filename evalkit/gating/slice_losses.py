"""In which groups of frames a candidate is shown to be worse than the baseline, though perhaps not over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evalkit.base.places import cache_dir
from evalkit.errors import RunError
from evalkit.gating.side import Side
from evalkit.gating.verdict import Verdict
from evalkit.metrics import METRICS
from evalkit.records.run_folder import RunFolder
from evalkit.runs.aggregate import ClipScore
from evalkit.runs.slices.conditions import read_attributes
from evalkit.runs.slices.sliced import sliced
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.statistics.estimate import Estimate, estimate
from evalkit.statistics.holm import holm

ALPHA = 0.05
"""The chance that any group is named although none is worse."""


@dataclass(frozen=True)
class SliceLoss:
    """One metric over one group of frames: `change` is the mean of candidate - baseline over `pairs`.

    p is that of a loss, corrected; None where there are too few people to say, and `change.word` then says so.
    """

    group: str
    metric: str
    pairs: int
    change: Estimate
    p: float | None

    @property
    def shown(self) -> bool:
        """Whether the candidate is shown to be worse."""
        return self.p is not None and self.p <= ALPHA

    def __str__(self) -> str:
        metric, people = METRICS[self.metric], self.change.people
        change = f"{self.change.mean:+.{metric.decimals}f} {metric.unit}".rstrip()
        return f"{self.metric} is worse where {self.group}: {change} over {self.pairs} pairs, {people} people"


def slice_losses(
    baseline: Path,
    candidate: Path,
    by: Sequence[str],
    bank: FeatureBank,
    attributes: Mapping[str, Mapping[str, str]],
    data: Path | None = None,
) -> list[SliceLoss]:
    """Every metric over every group of each grouping in `by`, pair by pair; p-values by Holm over all of them.

    Raises as `sliced` does.
    """
    found = []
    for part in (part for name in by for part in sliced([baseline, candidate], name, bank, attributes, data)):
        there, here = ({(clip.metric, clip.pair): clip for clip in clips} for clips in part.clips)
        for key in dict.fromkeys(clip.metric for clip in part.clips[0]):
            couples = [(clip, here[place]) for place, clip in there.items() if place[0] == key and place in here]
            if loss := _loss(part.name, key, couples):
                found.append(loss)
    corrected = iter(holm(np.array([loss.p for loss in found if loss.p is not None])))
    return [loss if loss.p is None else replace(loss, p=float(next(corrected))) for loss in found]


def _loss(group: str, key: str, couples: Sequence[tuple[ClipScore, ClipScore]]) -> SliceLoss | None:
    both = [(one, other) for one, other in couples if one.mean is not None and other.mean is not None]
    if not both:
        return None
    change = estimate(
        np.array([other.mean for _, other in both]) - np.array([one.mean for one, _ in both]),
        np.ones(len(both)),
        [one.source_identity for one, _ in both],
        [one.driving_identity for one, _ in both],
    )
    p = change.p_above() if METRICS[key].better == "lower" else change.p_below()
    return SliceLoss(group, key, len(both), change, p)


def with_groups(
    verdict: Verdict, baseline: Side, candidate: Side, by: Sequence[str], attributes: Path | None, data: Path | None
) -> Verdict:
    """The verdict with a warning for every group in which the candidate is shown to be worse; its outcome stays.

    A last one names the groups with too few people. Raises `RunError` unless both sides are run folders.
    """
    for side in (baseline, candidate):
        if not RunFolder(side.path).frames.is_file():
            raise RunError(f"{side.path} has no scores of frames to group: --by needs two run folders.")
    bank = FeatureBank(FeatureCache(cache_dir()))
    labels = read_attributes(attributes) if attributes else {}
    losses = slice_losses(baseline.path, candidate.path, by, bank, labels, data)
    judged = {loss.group for loss in losses if loss.p is not None}
    by_people = sorted(losses, key=lambda loss: loss.change.people)
    few = {loss.group: loss.change.word for loss in by_people if loss.group not in judged}
    lines = [f"{loss}." for loss in losses if loss.shown]
    if few:
        lines.append(f"Too few people to judge where {', '.join(f'{group} ({word})' for group, word in few.items())}.")
    return replace(verdict, warnings=(*verdict.warnings, *lines))
