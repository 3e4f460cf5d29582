"""What is known of one metric on both sides: values, coverage, paired differences, and whether it was measured."""

import math
from dataclasses import dataclass

from evalkit.gating.rules import Rule, Rules
from evalkit.gating.rules import margin as margin_of
from evalkit.gating.set_features import loss_of_sets
from evalkit.gating.side import Side
from evalkit.gating.views import SIGN, Differences, View, scored_pairs, side_means, views_of
from evalkit.records.run import Better, MetricSummary
from evalkit.statistics.estimate import Estimate

_NORMAL = 1.959964
"""Half a 95 % interval of a normal law, in standard errors."""


@dataclass(frozen=True)
class Evidence:
    """One metric on both sides.

    Attributes:
        key, title, better, unit: of the metric.
        signature: of the metric; None when the baseline does not say.
        rule: what it is judged by.
        baseline, candidate: the values of the protocol; None when there is none.
        baseline_coverage, candidate_coverage: beside them.
        estimate: how much worse the candidate is (negative: better), with its error; over the pairs both have where
            there are pairs. None when a side has no value.
        views: looks at the paired differences, the mean first; none without scores per pair.
        left_out: the error of a set metric was found by leaving out people.
        broken: why it could not be measured or compared; None when it could.
    """

    key: str
    title: str
    better: Better
    unit: str
    signature: str | None
    rule: Rule
    baseline: float | None
    candidate: float | None
    baseline_coverage: float | None
    candidate_coverage: float | None
    estimate: Estimate | None
    views: tuple[View, ...]
    left_out: bool
    broken: str | None

    @property
    def sign(self) -> float:
        """1 where lower is better, -1 where higher is: turns a change of value into a loss and back."""
        return SIGN[self.better]

    @property
    def tolerance(self) -> float:
        """The loss that is tolerated, in the metric's unit."""
        return _tolerance(self.rule, self.baseline)

    @property
    def margin(self) -> float:
        """The loss that green has to exclude, in the metric's unit."""
        people = self.estimate.people if self.estimate else 0
        return margin_of(self.rule, self.key, self.baseline, self.tolerance, people)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the loss, 95 %; None when it has none."""
        return self.estimate.interval() if self.estimate else None

    @property
    def differences(self) -> Differences | None:
        """Paired differences in the metric's unit, positive is worse; None without scores per pair."""
        return self.views[0].differences if self.views else None


def metric_keys(baseline: Side, candidate: Side) -> tuple[list[str], list[str]]:
    """Metrics to compare, those the baseline has a value of, and those only the candidate has."""

    def valued(side: Side) -> list[str]:
        return [key for key, entry in side.summary.metrics.items() if entry.status != "unavailable"]

    gated = valued(baseline)
    return gated, [key for key in valued(candidate) if key not in gated]


def gather(key: str, baseline: Side, candidate: Side, rules: Rules, subset: bool = False) -> Evidence:
    """Everything about the metric `key`, which the baseline has. With `subset` only pairs of the candidate count."""
    entry, rule = baseline.entry(key), rules.of(key)
    other = candidate.entry(key)
    assert entry is not None
    better = entry.better
    pairs = scored_pairs(key, baseline, candidate)
    averaging = candidate.averaging
    values = [entry.value, other.value if other else None]
    if subset and pairs:
        values = list(side_means(pairs, averaging))
    loss = None if values[0] is None or values[1] is None else SIGN[better] * (values[1] - values[0])
    tolerance = _tolerance(rule, values[0])
    views = views_of(key, pairs, better, averaging, rules.cluster, rule, tolerance) if pairs else ()
    of_sets = None if views or loss is None or subset else loss_of_sets(key, loss, baseline, candidate)
    found = views[0].differences.loss if views else of_sets or _unpaired(entry, other, loss)
    return Evidence(
        key=key,
        title=entry.title,
        better=better,
        unit=entry.unit,
        signature=entry.signature,
        rule=rule,
        baseline=values[0],
        candidate=values[1],
        baseline_coverage=entry.coverage,
        candidate_coverage=other.coverage if other else None,
        estimate=found,
        views=views,
        left_out=of_sets is not None,
        broken=_broken(rule, candidate.coverage_floor, entry, other, values),
    )


def _tolerance(rule: Rule, baseline: float | None) -> float:
    return max(rule.absolute or 0.0, (rule.relative or 0.0) * abs(baseline or 0.0))


def _broken(
    rule: Rule,
    protocol_floor: float,
    entry: MetricSummary,
    other: MetricSummary | None,
    values: list[float | None],
) -> str | None:
    """Why a metric could not be measured."""
    if other is None:
        return "the candidate was not scored with it"
    if other.status == "unavailable":
        return f"unavailable: {other.reason or 'no reason given'}"
    floor = protocol_floor if rule.min_coverage is None else rule.min_coverage
    for name, side, value in (("baseline", entry, values[0]), ("candidate", other, values[1])):
        if value is None:
            return f"the {name} has no value"
        declared_low = side.status == "low_coverage" and rule.min_coverage is None
        if declared_low or side.coverage < floor:
            least = f"{floor:.1%}" if floor else "its protocol's floor"
            return f"coverage of the {name} {side.coverage:.1%}, below {least}"
    drop = entry.coverage - other.coverage
    if drop > (rule.coverage_drop if rule.coverage_drop is not None else 1.0) + 1e-12:
        return f"coverage fell from {entry.coverage:.1%} to {other.coverage:.1%}"
    return None


def _unpaired(entry: MetricSummary, other: MetricSummary | None, loss: float | None) -> Estimate | None:
    """The difference of two numbers that have 95 % intervals of their own, taken as independent and normal.

    Clips that both share make the true error smaller, never larger.
    """
    if loss is None or other is None:
        return None
    bounds = [bound for side in (entry, other) for bound in (side.ci_low, side.ci_high)]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds):
        return Estimate(loss, None, None, 0, "no scores of the same pairs and no intervals")
    half = math.hypot((known[1] - known[0]) / 2, (known[3] - known[2]) / 2)
    return Estimate(loss, half / _NORMAL, math.inf, 0)
