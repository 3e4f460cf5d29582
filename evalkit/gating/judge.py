"""From evidence to a word per metric: better, same, worse, not proven, suspicious, broken.

The rule is `evalkit.gating.decision`. What could not be measured is broken, never better or worse.
"""

from collections.abc import Sequence

from evalkit.gating import power
from evalkit.gating.evidence import Evidence
from evalkit.gating.rules import Rules
from evalkit.gating.significance import Call, Tested, gain, test_all
from evalkit.gating.verdict_record import MetricVerdict, Status
from evalkit.metrics import METRICS

ALARMS = ("worse", "suspicious")


def judge(evidence: Sequence[Evidence], rules: Rules, spend: float = 1.0) -> list[MetricVerdict]:
    """A verdict for each metric. `spend` is the share of the permitted errors that this look may use up.

    Ignored metrics are tested alone, for the table; they cost the others nothing.
    """
    measured = [e for e in evidence if e.broken is None]
    judged = [e for e in measured if not e.rule.ignore]
    primary = rules.primary_of([e.key for e in evidence if not e.rule.ignore])
    tested = dict(test_all(judged, rules, primary, spend))
    for e in measured:
        tested |= test_all([e], rules, {e.key}, spend) if e.rule.ignore else {}
    return [_row(e, tested.get(e.key), e.key in primary) for e in evidence]


def _row(e: Evidence, tested: Tested | None, primary: bool) -> MetricVerdict:
    status, reason = _status(e, tested)
    bounds = sorted(e.sign * bound for bound in e.interval) if e.interval else (None, None)
    calls = tested.calls if tested else ()
    people = e.estimate.people if e.estimate else 0
    sides = 2 if e.rule.direction == "both" else 1
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
        primary=primary,
        allowed_unproven=bool(e.rule.allow_unproven) and not (tested is not None and tested.alarm),
        baseline=e.baseline,
        candidate=e.candidate,
        change=None if e.estimate is None else e.sign * e.estimate.mean + 0.0,
        change_low=bounds[0],
        change_high=bounds[1],
        typical=next((call.stated(call.loss.mean) for call in calls if call.view == "typical"), None),
        tolerance=e.tolerance,
        margin=e.margin,
        loss_high=tested.high if tested else None,
        p=tested.p if tested else None,
        p_corrected=tested.adjusted if tested else None,
        level=tested.level if tested else None,
        detectable=power.detectable_loss(e, tested.level / sides) if tested else None,
        pairs=len(e.differences.values) if e.differences else 0,
        identities=people,
        baseline_coverage=e.baseline_coverage,
        candidate_coverage=e.candidate_coverage,
    )


def _status(e: Evidence, tested: Tested | None) -> tuple[Status, str]:
    if tested is None:
        return "broken", str(e.broken)
    assert e.candidate is not None
    if limit := _limit(e, e.candidate):
        return "worse", limit
    call = tested.call
    if tested.word == "worse":
        kind = "change" if e.rule.direction == "both" else "loss"
        return "worse", f"a {kind} of {_amount(call, call.loss.mean)}, {_beside(call)}"
    if tested.word == "better":
        return _gain(e, next(call for call in tested.calls if gain(call)))
    if e.rule.must_improve:
        return "worse", "no significant gain beyond the tolerance, which the rules ask for"
    if tested.word == "same":
        return "same", _shown(e, tested)
    return "not_proven", _why_not(e, tested)


def _shown(e: Evidence, tested: Tested) -> str:
    if e.differences is not None and not e.differences.values.any():
        return "every pair has the same value"
    return f"a loss of {e.margin:.4g} or more is excluded"


def _why_not(e: Evidence, tested: Tested) -> str:
    """What stands between a metric and green."""
    call = tested.call
    if tested.high is None:
        assert e.estimate is not None
        size = abs(e.estimate.mean)
        moved = f"a change of {size:.4g}" if e.rule.direction == "both" else f"a loss of {size:.4g}"
        beyond = f"{moved}, more than the {e.tolerance:.4g} tolerated, but " if tested.alarm else ""
        return f"{beyond}nothing can be told from noise: {e.estimate.word}"
    if tested.alarm:
        alone = f"a loss of {_amount(call, call.loss.mean)} that would be significant if it were judged alone"
        return f"{alone} (p = {tested.p:.2g})"
    return f"a loss of up to {tested.high:.4g} is possible; one of {e.margin:.4g} or more has to be excluded"


def _amount(call: Call, loss: float) -> str:
    size = abs(call.stated(loss))
    return f"{size:.2%} of a typical clip's value" if call.view == "typical" else f"{size:.4g}"


def _beside(call: Call) -> str:
    """What a loss is more than."""
    return f"more than the {_amount(call, call.tolerance)} tolerated" if call.tolerance else "and none is tolerated"


def _limit(e: Evidence, value: float) -> str | None:
    if e.rule.floor is not None and value < e.rule.floor:
        return f"{value:.4g} is below the floor {e.rule.floor:.4g}"
    if e.rule.ceiling is not None and value > e.rule.ceiling:
        return f"{value:.4g} is above the ceiling {e.rule.ceiling:.4g}"
    return None


def _gain(e: Evidence, call: Call) -> tuple[Status, str]:
    room = _room(e)
    gained = -call.stated(call.loss.mean) * (abs(e.baseline or 0.0) if call.view == "typical" else 1.0)
    share = gained / room if room else 0.0
    if e.rule.too_good is not None and e.rule.too_good < 1 and share > e.rule.too_good:
        text = f"too good: {share:.0%} of the way to a perfect value in one step; look for a leak or a bug"
        return "suspicious", text
    return "better", f"a gain of {_amount(call, call.loss.mean)}"


def _room(e: Evidence) -> float:
    """From the baseline to the best value the metric can have; where that is infinite, the baseline's own size."""
    metric, value = METRICS.get(e.key), e.baseline or 0.0
    low, high = (metric.low, metric.high) if metric else (0.0, float("inf"))
    best = low if e.better == "lower" else high
    return abs(value - best) if abs(best) != float("inf") else abs(value)
