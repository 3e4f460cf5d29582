"""The quick stage: look at a quarter of the pairs, then at half, and stop when the verdict is already certain.

A group-sequential design with three looks at most. The permitted false alarms are spent as the square of the share of
pairs seen (the power family of Kim and DeMets, Biometrika 1987), added up over looks (Bonferroni), so all looks
together err no more often than one full gate. A look ends the gate

* red, when a metric is worse by the same rule as always at this look's share of false alarms, and its loss is above
  the tolerance for certain: a loss within the tolerance is rejected at `MISS`;
* green, when every metric is shown by the same rule as always at this look's share of wrong greens, and is certain to
  have lost less than the full protocol would be needed for: rejected, at this look's part of `MISS`, is a loss that the
  full protocol would call with the chance `SEEN`. A loss of that size or more is therefore missed by stopping early
  with a chance of at most `MISS`.

Anything else goes on with more pairs, which keep what was made.
"""

import hashlib
import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from evalkit.gating import power
from evalkit.gating.evidence import Evidence, gather, metric_keys
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.side import Side
from evalkit.gating.verdict import Verdict, gate
from evalkit.gating.views import View

LOOKS = (0.25, 0.5)
LEAST = 12
MISS, SEEN = 0.02, 0.95


def quick_gate(baseline: Side, rules: Rules, run: Callable[[Sequence[str]], Side]) -> tuple[Verdict, Side]:
    """Run a candidate over ever more pairs until the verdict is certain; the verdict, and what it was given on.

    `run` makes and scores pairs with these ids (all of the protocol when there are none) and returns the candidate.
    """
    order = balanced_order(baseline)
    seen = 0.0
    for number, pairs in enumerate(look_sizes(len(order)), start=1):
        share = pairs / len(order)
        candidate = run(order[:pairs])
        verdict = _look(baseline, _only(candidate, order[:pairs]), rules, share, seen, f"quick, look {number}")
        if verdict is not None:
            return verdict, candidate
        seen = share
    candidate = run(())
    return gate(baseline, candidate, rules, stage="full after quick" if seen else "full", spend=1 - seen**2), candidate


def balanced_order(baseline: Side) -> list[str]:
    """Ids of the pairs, ordered so that every beginning is balanced over source and driving identities.

    Each place takes the pair whose people were used least; ties go to the smallest sha256 of the id. Empty when the
    baseline has no scores per pair, or does not say which clips they were made from.
    """
    scores = next(iter((baseline.scores or {}).values()), {})
    if not scores.keys() <= baseline.data.keys():
        return []
    used: Counter[tuple[str, str]] = Counter()
    order: list[str] = []
    waiting = [(0, hashlib.sha256(pair.encode()).hexdigest(), pair) for pair in scores]
    heapq.heapify(waiting)
    while waiting:
        thought, digest, pair = heapq.heappop(waiting)
        people = ("source", scores[pair].source_identity), ("driving", scores[pair].driving_identity)
        load = sum(used[person] for person in people)
        if load > thought:
            heapq.heappush(waiting, (load, digest, pair))
            continue
        used.update(people)
        order.append(pair)
    return order


def look_sizes(pairs: int) -> list[int]:
    """How many pairs the looks before the full protocol see; none when the protocol is too small for one."""
    sizes = dict.fromkeys(max(LEAST, math.ceil(share * pairs)) for share in LOOKS)
    return [size for size in sizes if size < pairs]


def _only(candidate: Side, pairs: Sequence[str]) -> Side:
    """The candidate with the scores of these pairs alone: a repeated gate finds more of them made already."""
    wanted = set(pairs)
    scores = candidate.scores or {}
    return replace(candidate, scores={key: {p: row[p] for p in row if p in wanted} for key, row in scores.items()})


def _look(baseline: Side, candidate: Side, rules: Rules, share: float, before: float, stage: str) -> Verdict | None:
    """The verdict on a candidate that ran a `share` of the pairs; None when more have to be seen.

    `before` is the share seen at the look before.
    """
    part = share**2 - before**2
    verdict = gate(baseline, candidate, _without_limits(rules), stage=stage, subset=True, spend=part)
    verdict = replace(verdict, rules=rules)
    if verdict.outcome == "not_comparable":
        return verdict
    settled = verdict.outcome in ("pass", "regression")
    if not settled or any(row.basis != "paired" for row in verdict.metrics if row.judged):
        return None
    rows = {row.key: row for row in verdict.metrics if row.judged}
    judged = [gather(key, baseline, candidate, rules, subset=True) for key in metric_keys(baseline, candidate)[0]]
    judged = [e for e in judged if e.key in rows]
    if verdict.outcome == "regression":
        certain = any(_surely_lost(e) for e in judged if rows[e.key].status == "worse")
    else:
        miss = MISS * part / max(share, LOOKS[-1]) ** 2
        certain = all(_surely_fine(e, share, miss, (rows[e.key].level or 0.0) / part) for e in judged)
    return verdict if certain else None


def _surely_lost(e: Evidence) -> bool:
    """Whether one view rejects a loss within the tolerance."""
    found = [view.differences.loss.p_above(view.tolerance) for view in e.views]
    return any(p is not None and p <= MISS for p in found)


def _surely_fine(e: Evidence, share: float, miss: float, level: float) -> bool:
    """Whether every view rejects a loss that the full protocol would call at `level`, and no rule asks for more."""
    limited = e.rule.floor is not None or e.rule.ceiling is not None or e.rule.must_improve
    if limited or e.rule.direction == "both":
        return False
    return all(_rejected(view, share, miss, level) for view in e.views)


def _rejected(view: View, share: float, miss: float, level: float) -> bool:
    loss = view.differences.loss
    p = None if loss.error is None else loss.p_below(power.called(loss, level, view.tolerance, SEEN, 1 / share))
    return p is not None and p <= miss


def _without_limits(rules: Rules) -> Rules:
    """The rules without those about the value of the whole protocol, which a subset cannot answer."""

    def stripped(rule: Rule) -> Rule:
        return rule.model_copy(update={"floor": None, "ceiling": None, "must_improve": None})

    metrics = {name: stripped(rule) for name, rule in rules.metrics.items()}
    return rules.model_copy(update={"default": stripped(rules.default), "metrics": metrics})
