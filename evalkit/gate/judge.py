"""From evidence to a word per metric: better, worse, same within noise, suspicious, broken.

Worse means both: a loss beyond the tolerance, and significance after correction over the metrics. What could not be
measured is broken, never better or worse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.gate import power, signflip
from evalkit.gate.evidence import Evidence
from evalkit.gate.rules import Rules
from evalkit.metrics import METRICS

Status = Literal["better", "worse", "same", "suspicious", "broken"]
Basis = Literal["paired", "redrawn", "unpaired", "tolerance only", "none"]
ALARMS = ("worse", "suspicious")


@dataclass(frozen=True)
class MetricVerdict:
    """One row of the verdict.

    `change` is candidate minus baseline in the metric's unit (over the pairs both have, where there are pairs), with
    its 95 % interval; `p` the plain p-value of "worse", `p_corrected` that after correction over the metrics;
    `detectable` the smallest loss that this comparison calls with a chance of 80 %; `judged` false for a metric that
    the rules ignore.
    """

    key: str
    title: str
    better: str
    unit: str
    signature: str | None
    status: Status
    reason: str
    basis: Basis
    judged: bool
    baseline: float | None
    candidate: float | None
    change: float | None
    change_low: float | None
    change_high: float | None
    tolerance: float
    p: float | None
    p_corrected: float | None
    detectable: float | None
    pairs: int
    identities: int
    baseline_coverage: float | None
    candidate_coverage: float | None


@dataclass(frozen=True)
class _Tested:
    """Outcome of the tests in both directions; `possible` false when so few identities can prove nothing."""

    worse: bool
    better: bool
    possible: bool
    p: float | None = None
    p_corrected: float | None = None
    basis: Basis = "none"


def judge(evidence: Sequence[Evidence], rules: Rules, spend: float = 1.0) -> list[MetricVerdict]:
    """A verdict for each metric. `spend` is the share of the permitted false alarms that this look may use up."""
    judged = [e for e in evidence if e.broken is None and not e.rule.ignore]
    paired = [e for e in judged if _is_paired(e)]
    tested = dict(zip([e.key for e in paired], _permuted(paired, rules, spend), strict=True))
    redrawn = sum(e.resampled is not None for e in judged)
    for e in evidence:
        if e.resampled is not None:
            tested[e.key] = _redrawn(e, rules, spend, max(redrawn, 1))
    return [_row(e, tested.get(e.key) or _unpaired(e), rules, spend, max(len(paired), 1)) for e in evidence]


def _is_paired(e: Evidence) -> bool:
    return e.differences is not None and e.differences.clusters >= 2


def _permuted(paired: Sequence[Evidence], rules: Rules, spend: float) -> list[_Tested]:
    several = [e.differences for e in paired if e.differences is not None]
    worse = signflip.tests(several, rules.seed)
    better = signflip.tests([d.flipped() for d in several], rules.seed)
    return [_significance(e, up, down, rules, spend) for e, up, down in zip(paired, worse, better, strict=True)]


def _significance(e: Evidence, up: signflip.Test, down: signflip.Test, rules: Rules, spend: float) -> _Tested:
    allowed = alpha(e, rules) * spend
    if e.rule.direction == "both":
        allowed /= 2
    exhausted = min(up.p, down.p) <= up.smallest * (1 + 1e-9) and min(up.corrected, down.corrected) > allowed
    return _Tested(
        worse=up.corrected <= allowed,
        better=down.corrected <= allowed,
        possible=up.smallest <= allowed and not exhausted,
        p=up.p,
        p_corrected=up.corrected,
        basis="paired",
    )


def _redrawn(e: Evidence, rules: Rules, spend: float, metrics: int) -> _Tested:
    """Set metrics: the share of redrawn sets without a loss, times the number of such metrics (Bonferroni)."""
    losses = np.asarray(e.resampled)
    losses = losses[np.isfinite(losses)]
    p, q = ((1 + int((sign * losses <= 0).sum())) / (1 + len(losses)) for sign in (1.0, -1.0))
    allowed = alpha(e, rules) * spend / (2 if e.rule.direction == "both" else 1)
    return _Tested(
        worse=p * metrics <= allowed,
        better=q * metrics <= allowed,
        possible=metrics / (1 + len(losses)) <= allowed,
        p=p,
        p_corrected=min(p * metrics, 1.0),
        basis="redrawn",
    )


def _unpaired(e: Evidence) -> _Tested:
    """Without pairs: two intervals taken as independent, or the tolerance alone. One person proves nothing."""
    if e.differences is not None:
        return _Tested(False, False, False, basis="paired")
    if e.interval is not None:
        return _Tested(e.interval[0] > 0, e.interval[1] < 0, True, basis="unpaired")
    return _Tested(True, True, True, basis="tolerance only")


def alpha(e: Evidence, rules: Rules) -> float:
    """The permitted chance of a false alarm."""
    return 1 - (rules.confidence if e.rule.confidence is None else e.rule.confidence)


def _row(e: Evidence, tested: _Tested, rules: Rules, spend: float, metrics: int) -> MetricVerdict:
    status, reason = _status(e, tested)
    broken = e.broken is not None
    bounds = sorted(e.sign * bound for bound in e.interval) if e.interval else (None, None)
    seen = None
    if tested.basis == "paired" and e.differences is not None and not broken:
        seen = power.detectable(e.differences, 1 - alpha(e, rules) * spend, metrics, e.tolerance)
    return MetricVerdict(
        key=e.key,
        title=e.title,
        better=e.better,
        unit=e.unit,
        signature=e.signature,
        status=status,
        reason=reason,
        basis="none" if broken else tested.basis,
        judged=not e.rule.ignore,
        baseline=e.baseline,
        candidate=e.candidate,
        change=None if e.loss is None else e.sign * e.loss + 0.0,
        change_low=bounds[0],
        change_high=bounds[1],
        tolerance=e.tolerance,
        p=tested.p,
        p_corrected=tested.p_corrected,
        detectable=seen,
        pairs=len(e.differences.values) if e.differences else 0,
        identities=e.differences.clusters if e.differences else 0,
        baseline_coverage=e.baseline_coverage,
        candidate_coverage=e.candidate_coverage,
    )


def _status(e: Evidence, tested: _Tested) -> tuple[Status, str]:
    if e.broken is not None:
        return "broken", e.broken
    assert e.loss is not None and e.candidate is not None
    limit = _limit(e, e.candidate)
    if limit:
        return "worse", limit
    loss = abs(e.loss) if e.rule.direction == "both" else e.loss
    worse = tested.worse or (e.rule.direction == "both" and tested.better)
    if loss > e.tolerance and worse:
        return "worse", f"a loss of {loss:.4g}, {e.tolerance:.4g} is tolerated"
    if abs(loss) > e.tolerance and not tested.possible and not e.rule.ignore:
        return "broken", f"changed by {abs(loss):.4g}, and {_people(e)} cannot tell that from noise"
    if -loss > e.tolerance and tested.better:
        return _gain(e, -loss)
    if e.rule.must_improve:
        return "worse", "no significant gain beyond the tolerance, which the rules ask for"
    return "same", "within the tolerance" if abs(loss) <= e.tolerance else "within noise"


def _limit(e: Evidence, value: float) -> str | None:
    if e.rule.floor is not None and value < e.rule.floor:
        return f"{value:.4g} is below the floor {e.rule.floor:.4g}"
    if e.rule.ceiling is not None and value > e.rule.ceiling:
        return f"{value:.4g} is above the ceiling {e.rule.ceiling:.4g}"
    return None


def _gain(e: Evidence, gain: float) -> tuple[Status, str]:
    room = _room(e)
    share = gain / room if room else 0.0
    if e.rule.too_good is not None and e.rule.too_good < 1 and share > e.rule.too_good:
        return (
            "suspicious",
            f"too good: {share:.0%} of the way to a perfect value in one step; look for a leak or a bug",
        )
    return "better", f"a gain of {gain:.4g}"


def _room(e: Evidence) -> float:
    """From the baseline to the best value the metric can have; where that is infinite, the baseline's own size."""
    metric, value = METRICS.get(e.key), e.baseline or 0.0
    low, high = (metric.low, metric.high) if metric else (0.0, float("inf"))
    best = low if e.better == "lower" else high
    return abs(value - best) if abs(best) != float("inf") else abs(value)


def _people(e: Evidence) -> str:
    count = e.differences.clusters if e.differences else 0
    return "1 identity" if count == 1 else f"{count} identities"
