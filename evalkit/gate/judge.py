"""From evidence to a word per metric: better, worse, same within noise, suspicious, broken.

Worse means both: a loss beyond the tolerance, and significance after correction over the metrics. What could not be
measured is broken, never better or worse.
"""

from collections.abc import Sequence

from evalkit.gate import power
from evalkit.gate.evidence import Evidence
from evalkit.gate.rules import Rules
from evalkit.gate.significance import Call, Tested, alpha, test_all
from evalkit.gate.verdict_record import MetricVerdict, Status
from evalkit.metrics import METRICS

ALARMS = ("worse", "suspicious")


def judge(evidence: Sequence[Evidence], rules: Rules, spend: float = 1.0) -> list[MetricVerdict]:
    """A verdict for each metric. `spend` is the share of the permitted false alarms that this look may use up.

    Ignored metrics are tested alone, for the table; they cost the others nothing.
    """
    measured = [e for e in evidence if e.broken is None]
    judged = [e for e in measured if not e.rule.ignore]
    tested = dict(test_all(judged, rules, spend))
    for e in measured:
        tested |= test_all([e], rules, spend) if e.rule.ignore else {}
    views = sum(len(e.views) for e in judged)
    return [_row(e, tested.get(e.key), rules, spend, max(views, 1)) for e in evidence]


def _row(e: Evidence, tested: Tested | None, rules: Rules, spend: float, tests: int) -> MetricVerdict:
    status, reason = _status(e, tested)
    calls = tested.calls if tested else ()
    bounds = sorted(e.sign * bound for bound in e.interval) if e.interval else (None, None)
    strongest = min(
        (call for call in calls if call.p is not None), key=lambda call: call.corrected or 0.0, default=None
    )
    return MetricVerdict(
        key=e.key,
        title=e.title,
        better=e.better,
        unit=e.unit,
        signature=e.signature,
        status=status,
        reason=reason,
        basis=tested.basis if tested else "none",
        judged=not e.rule.ignore,
        baseline=e.baseline,
        candidate=e.candidate,
        change=None if e.loss is None else e.sign * e.loss + 0.0,
        change_low=bounds[0],
        change_high=bounds[1],
        typical=next((call.loss for call in calls if call.view == "typical"), None),
        tolerance=e.tolerance,
        p=strongest.p if strongest else None,
        p_corrected=strongest.corrected if strongest else None,
        detectable=power.detectable_loss(e, 1 - alpha(e, rules) * spend, tests) if tested else None,
        pairs=len(e.differences.values) if e.differences else 0,
        identities=e.differences.clusters if e.differences else 0,
        baseline_coverage=e.baseline_coverage,
        candidate_coverage=e.candidate_coverage,
    )


def _status(e: Evidence, tested: Tested | None) -> tuple[Status, str]:
    if tested is None:
        return "broken", str(e.broken)
    assert e.candidate is not None
    limit = _limit(e, e.candidate)
    if limit:
        return "worse", limit
    calls = _not_contradicted(tested.calls)
    both = e.rule.direction == "both"
    for call in calls:
        if call.loss > call.tolerance and call.worse:
            return "worse", f"a loss of {_amount(call, call.loss)}, {_amount(call, call.tolerance)} is tolerated"
        if both and -call.loss > call.tolerance and call.better:
            return "worse", f"a change of {_amount(call, -call.loss)}, {_amount(call, call.tolerance)} is tolerated"
    for call in calls:
        if abs(call.loss) > call.tolerance and not call.possible and not e.rule.ignore:
            return "broken", f"changed by {_amount(call, abs(call.loss))}, and {_people(e)} cannot tell that from noise"
    for call in calls:
        if -call.loss > call.tolerance and call.better:
            return _gain(e, call)
    if e.rule.must_improve:
        return "worse", "no significant gain beyond the tolerance, which the rules ask for"
    within = all(abs(call.loss) <= call.tolerance for call in calls)
    return "same", "within the tolerance" if within else "within noise"


def _not_contradicted(calls: Sequence[Call]) -> list[Call]:
    """The mean, and the typical clip unless the mean has significantly moved the other way."""
    mean = calls[0]
    moved = 1 if mean.worse and mean.loss > 0 else -1 if mean.better and mean.loss < 0 else 0
    return [mean, *(call for call in calls[1:] if moved * call.loss >= 0)]


def _amount(call: Call, size: float) -> str:
    return f"{size:.2%} of the typical clip" if call.view == "typical" else f"{size:.4g}"


def _limit(e: Evidence, value: float) -> str | None:
    if e.rule.floor is not None and value < e.rule.floor:
        return f"{value:.4g} is below the floor {e.rule.floor:.4g}"
    if e.rule.ceiling is not None and value > e.rule.ceiling:
        return f"{value:.4g} is above the ceiling {e.rule.ceiling:.4g}"
    return None


def _gain(e: Evidence, call: Call) -> tuple[Status, str]:
    room = _room(e)
    gain = -call.loss * (abs(e.baseline or 0.0) if call.view == "typical" else 1.0)
    share = gain / room if room else 0.0
    if e.rule.too_good is not None and e.rule.too_good < 1 and share > e.rule.too_good:
        text = f"too good: {share:.0%} of the way to a perfect value in one step; look for a leak or a bug"
        return "suspicious", text
    return "better", f"a gain of {_amount(call, -call.loss)}"


def _room(e: Evidence) -> float:
    """From the baseline to the best value the metric can have; where that is infinite, the baseline's own size."""
    metric, value = METRICS.get(e.key), e.baseline or 0.0
    low, high = (metric.low, metric.high) if metric else (0.0, float("inf"))
    best = low if e.better == "lower" else high
    return abs(value - best) if abs(best) != float("inf") else abs(value)


def _people(e: Evidence) -> str:
    count = e.differences.clusters if e.differences else 0
    return "1 identity" if count == 1 else f"{count} identities"
