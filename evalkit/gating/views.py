"""Two ways to look at a loss over pairs: in the metric's unit, and as each clip's own share.

"mean" is the difference of the protocol's values. Where a few bad clips make up most of a mean, their noise hides a
loss of a few per cent in all others. "typical" is the geometric mean of the ratios candidate / baseline: every clip
counts by its own share. A metric that is looked at twice is corrected for that (`evalkit.gating.decision.of_two`). With
fewer than `FEWEST` people a second view costs more in correction than it can show.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from evalkit.gating.rules import Rule
from evalkit.gating.side import PairScore, Side
from evalkit.metrics import METRICS
from evalkit.statistics.estimate import Estimate, estimate
from evalkit.types import Values

SIGN = {"higher": -1.0, "lower": 1.0}
FEWEST = 10
ScoredPair = tuple[PairScore, PairScore]


@dataclass(frozen=True)
class Differences:
    """Paired differences of one metric: `values` (P,), positive is worse, `weights` (P,), and who is in each pair."""

    values: Values
    weights: Values
    sources: tuple[str, ...]
    drivings: tuple[str, ...]

    @cached_property
    def loss(self) -> Estimate:
        """Their weighted mean, with its error. Where nothing differs at all it is known whoever the people are."""
        found = estimate(self.values, self.weights, self.sources, self.drivings)
        return found if self.values.any() else Estimate(0.0, 0.0, 1.0, found.people)


@dataclass(frozen=True)
class View:
    """One look at a metric: `differences` per pair (positive is worse) and the `tolerance`, both in the view's unit."""

    name: Literal["mean", "typical"]
    differences: Differences
    tolerance: float

    def of_loss(self, loss: float, baseline: float) -> float:
        """A loss in the metric's unit, in the unit of this view."""
        return math.log1p(loss / baseline) if self.name == "typical" else loss

    def in_unit(self, loss: float, baseline: float) -> float:
        """A loss in this view's unit, in the metric's unit, for the protocol's baseline value."""
        return math.expm1(loss) * baseline if self.name == "typical" else loss


def scored_pairs(key: str, baseline: Side, candidate: Side) -> list[ScoredPair]:
    """Scores of the pairs that have a value on both sides, in the order of the baseline."""
    one, other = (side.scores.get(key, {}) if side.scores else {} for side in (baseline, candidate))
    there = {pair: score for pair, score in other.items() if is_scored(score)}
    return [(score, there[pair]) for pair, score in one.items() if pair in there and is_scored(score)]


def is_scored(score: PairScore) -> bool:
    """Whether the pair has a value."""
    return score.mean is not None and math.isfinite(score.mean)


def side_means(pairs: list[ScoredPair], averaging: str) -> tuple[float, float]:
    """Mean of either side over pairs."""
    weights = _weights(pairs, averaging)
    one, other = (float(np.average(values, weights=weights)) for values in _values(pairs))
    return one, other


def views_of(
    key: str, pairs: list[ScoredPair], better: str, averaging: str, cluster: str, rule: Rule, tolerance: float
) -> tuple[View, ...]:
    """The views of a metric over `pairs`: the mean, and the typical clip where values are distances above 0.

    `tolerance` is in the metric's unit.
    """
    before, after = _values(pairs)
    weights = _weights(pairs, averaging)
    if cluster == "pair":
        sources = drivings = tuple(a.pair for a, _ in pairs)
    else:
        sources = tuple(a.source_identity for a, _ in pairs)
        drivings = tuple(a.driving_identity for a, _ in pairs)
    mean = View("mean", Differences(SIGN[better] * (after - before), weights, sources, drivings), tolerance)
    few = mean.differences.loss.people < FEWEST
    if few or not rule.typical or not _is_distance(key, better) or min(before.min(), after.min()) <= 0:
        return (mean,)
    ratios = Differences(np.log(after / before), weights, sources, drivings)
    return mean, View("typical", ratios, math.log1p(tolerance / float(np.average(before, weights=weights))))


def correlation(views: Sequence[View]) -> float:
    """Between the views of one metric, over pairs; 1 for a single view, and where one does not vary."""
    if len(views) < 2:
        return 1.0
    weights = views[0].differences.weights
    covariance = np.cov([view.differences.values for view in views], aweights=weights)
    spread = math.sqrt(covariance[0, 0] * covariance[1, 1])
    return float(covariance[0, 1]) / spread if spread else 1.0


def _is_distance(key: str, better: str) -> bool:
    """Whether 0 is the best value, so that a share of the baseline's value means something."""
    return better == "lower" and key in METRICS and METRICS[key].low == 0


def _values(pairs: list[ScoredPair]) -> tuple[Values, Values]:
    one, other = (np.array([float(pair[side].mean or 0.0) for pair in pairs]) for side in (0, 1))
    return one, other


def _weights(pairs: list[ScoredPair], averaging: str) -> Values:
    """Every clip alike, or by its frames: the mean of both sides, which differ where faces were missed."""
    return np.array([(a.n + b.n) / 2 if averaging == "frame" else 1.0 for a, b in pairs])
