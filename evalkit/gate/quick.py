"""The quick stage: look at a small balanced subset first, and stop when the verdict is already certain.

Two looks share the permitted false alarms: the first may use `FIRST_LOOK` of them, the full protocol the rest
(Bonferroni over looks), so both together err no more often than one full gate. The first look ends the gate

* red, when a metric is worse by the same rule as always at its share of false alarms;
* green, when every metric is certain to have lost no more than its tolerance: the sign-flip test rejects a loss of
  the tolerance's size at the same share, metric by metric (all have to, so nothing is corrected).

Anything else goes on with the full protocol, which keeps what was made.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from evalkit.gate import signflip
from evalkit.gate.evidence import gather, metric_keys
from evalkit.gate.judge import alpha
from evalkit.gate.rules import Rule, Rules
from evalkit.gate.side import PairScore, Side
from evalkit.gate.verdict import Verdict, gate

FIRST_LOOK = 0.2
SHARE, LEAST = 0.25, 12


def choose_subset(baseline: Side) -> list[str]:
    """Ids of a quarter of the pairs (12 at least), balanced over source and driving identities.

    Each draw takes the pair whose people were used least; ties go to the smallest sha256 of the id. Empty when the
    baseline has no scores per pair.
    """
    scores = next(iter((baseline.scores or {}).values()), {})
    left = sorted(scores.values(), key=lambda score: hashlib.sha256(score.pair.encode()).hexdigest())
    wanted = min(len(left), max(LEAST, math.ceil(SHARE * len(left))))
    used: Counter[tuple[str, str]] = Counter()
    chosen: list[str] = []

    def load(score: PairScore) -> int:
        return used["source", score.source_identity] + used["driving", score.driving_identity]

    while len(chosen) < wanted:
        least = min(left, key=load)
        left.remove(least)
        used["source", least.source_identity] += 1
        used["driving", least.driving_identity] += 1
        chosen.append(least.pair)
    return chosen


def first_look(baseline: Side, candidate: Side, rules: Rules) -> Verdict | None:
    """The verdict on a candidate that ran the subset only; None when the full protocol has to decide."""
    verdict = gate(baseline, candidate, _without_limits(rules), stage="quick", subset=True, spend=FIRST_LOOK)
    verdict = replace(verdict, rules=rules)
    if verdict.outcome != "pass":
        certain = verdict.outcome in ("regression", "not_comparable") and _paired(verdict)
        return verdict if certain else None
    return verdict if _paired(verdict) and _all_certain(baseline, candidate, rules) else None


def second_look(baseline: Side, candidate: Side, rules: Rules) -> Verdict:
    """The verdict of the full protocol after a first look."""
    return gate(baseline, candidate, rules, stage="full after quick", spend=1 - FIRST_LOOK)


def _without_limits(rules: Rules) -> Rules:
    """The rules without those about the value of the whole protocol, which a subset cannot answer."""

    def stripped(rule: Rule) -> Rule:
        return rule.model_copy(update={"floor": None, "ceiling": None, "must_improve": None})

    metrics = {name: stripped(rule) for name, rule in rules.metrics.items()}
    return rules.model_copy(update={"default": stripped(rules.default), "metrics": metrics})


def _paired(verdict: Verdict) -> bool:
    """Whether every judged metric was tested pair by pair; set metrics need the full protocol."""
    judged = [row for row in verdict.metrics if row.judged]
    return verdict.outcome == "not_comparable" or all(row.basis == "paired" for row in judged)


def _all_certain(baseline: Side, candidate: Side, rules: Rules) -> bool:
    """Whether a loss as large as the tolerance is rejected for every metric, and no rule asks for more."""
    keys: Sequence[str] = metric_keys(baseline, candidate)[0]
    for key in keys:
        e = gather(key, baseline, candidate, rules, subset=True)
        if e.rule.ignore:
            continue
        limited = e.rule.floor is not None or e.rule.ceiling is not None or e.rule.must_improve
        if e.differences is None or e.rule.direction == "both" or limited:
            return False
        margin = e.differences.shifted(e.tolerance).flipped()
        if signflip.tests([margin], rules.seed)[0].p > alpha(e, rules) * FIRST_LOOK:
            return False
    return True
