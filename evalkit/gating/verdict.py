"""The whole gate: two sides and rules -> a verdict with an exit code."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np

from evalkit.gating.comparable import Finding, check_sides, check_signatures, listed, only_in_candidate
from evalkit.gating.decision import PRIMARY, SHOWN
from evalkit.gating.evidence import Evidence, gather, metric_keys
from evalkit.gating.judge import ALARMS, judge
from evalkit.gating.rules import Rules, check_names
from evalkit.gating.side import Side
from evalkit.gating.verdict_record import MetricVerdict, Outcome, SideFacts, VerdictRecord, WorstPair, allowed
from evalkit.gating.views import is_scored
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.statistics.estimate import SIGNATURE

EXIT_CODES: dict[Outcome, int] = {"pass": 0, "regression": 1, "not_proven": 3, "incomplete": 3, "not_comparable": 4}
WORST = 5


@dataclass(frozen=True)
class Verdict:
    """What a gate says. `reasons` are why it is not a pass, `warnings` what a reader should know beside it."""

    outcome: Outcome
    stage: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    metrics: tuple[MetricVerdict, ...]
    worst: tuple[WorstPair, ...]
    baseline: SideFacts
    candidate: SideFacts
    rules: Rules

    @property
    def exit_code(self) -> int:
        """0 pass, 1 regression, 3 not proven or incomplete, 4 not comparable."""
        return EXIT_CODES[self.outcome]

    def record(self) -> VerdictRecord:
        """Everything, for machines."""
        return VerdictRecord(
            schema_version=SCHEMA_VERSION,
            outcome=self.outcome,
            exit_code=self.exit_code,
            stage=self.stage,
            reasons=self.reasons,
            warnings=self.warnings,
            metrics={row.key: row for row in self.metrics},
            worst=self.worst,
            baseline=self.baseline,
            candidate=self.candidate,
            rules=self.rules.model_dump(mode="json", exclude_none=True),
            statistics={"test": f"t-primary{PRIMARY}-holm-shown{SHOWN}", "interval": SIGNATURE},
        )


def gate(
    baseline: Side, candidate: Side, rules: Rules, *, stage: str = "full", subset: bool = False, spend: float = 1.0
) -> Verdict:
    """Compare two sides.

    Precedence: not comparable, incomplete, regression, not proven, pass: what could not be measured is never green or
    red, and what was not shown never green.
    `subset` and `spend` belong to `quick.py`.

    Raises `UnknownNameError` for rules about metrics that neither side has, `ProtocolError` for a wrong direction.
    """
    keys, only_new = metric_keys(baseline, candidate)
    named = list(dict.fromkeys([*baseline.summary.metrics, *candidate.summary.metrics]))
    if named and candidate.finished and baseline.finished:
        entries = {**candidate.summary.metrics, **baseline.summary.metrics}
        check_names(rules, named, {key: entry.better for key, entry in entries.items()})
    wanted = [key for key in keys if not rules.of(key).ignore]
    findings = [*check_signatures(baseline, candidate, wanted), *check_sides(baseline, candidate, rules, subset)]
    findings += only_in_candidate([key for key in only_new if not rules.of(key).ignore])
    warnings = [finding.text for finding in findings if finding.kind == "warning"]
    warnings += [f"{key} is new: the baseline has no value of it." for key in only_new if rules.of(key).ignore]
    if rules.seed is not None:
        warnings.append("The key `seed` of the rules has no effect any more: nothing is drawn at random.")
    stopped = _stopped(findings)
    evidence = [] if stopped else [gather(key, baseline, candidate, rules, subset) for key in keys]
    rows = judge(evidence, rules, spend)
    outcome, reasons = stopped or _outcome(rows, [key for key in named if key not in keys], rules)
    return Verdict(
        outcome=outcome,
        stage=stage,
        reasons=tuple(reasons),
        warnings=(*warnings, *_lost_pairs(evidence, baseline, candidate), *_remarks(rows)),
        metrics=tuple(rows),
        worst=tuple(worst_pairs(evidence, candidate, baseline)),
        baseline=_facts(baseline),
        candidate=_facts(candidate),
        rules=rules,
    )


def stopped(baseline: Side, candidate: Side, rules: Rules, outcome: Outcome, reasons: Sequence[str]) -> Verdict:
    """The verdict on a candidate that did not run to its end."""
    return Verdict(
        outcome=outcome,
        stage="full",
        reasons=tuple(reasons),
        warnings=(),
        metrics=(),
        worst=(),
        baseline=_facts(baseline),
        candidate=_facts(candidate),
        rules=rules,
    )


def _stopped(findings: Sequence[Finding]) -> tuple[Outcome, list[str]] | None:
    kinds: tuple[Outcome, ...] = ("not_comparable", "incomplete")
    for kind in kinds:
        texts = [finding.text for finding in findings if finding.kind == kind]
        if texts:
            return kind, texts
    return None


def _outcome(rows: Sequence[MetricVerdict], unmeasured: Sequence[str], rules: Rules) -> tuple[Outcome, list[str]]:
    judged = [row for row in rows if row.judged]
    broken = [f"{row.key} could not be judged: {row.reason}." for row in judged if row.status == "broken"]
    named = {*rules.metrics, *rules.primary}
    broken += [
        f"{key} is in the rules, and the baseline has no value of it."
        for key in unmeasured
        if key in named and not rules.of(key).ignore
    ]
    alarms = [f"{row.key} is {row.status}: {row.reason}." for row in judged if row.status in ALARMS]
    unproven = [row for row in judged if row.status == "not_proven" and not row.allowed_unproven]
    open_ = [f"{row.key} is not proven: {row.reason}." for row in unproven]
    if broken or not judged:
        return "incomplete", [*(broken or ["There is no metric to judge."]), *alarms, *open_]
    if alarms:
        return "regression", [*alarms, *open_]
    return ("not_proven", open_) if open_ else ("pass", [])


def _lost_pairs(evidence: Sequence[Evidence], baseline: Side, candidate: Side) -> list[str]:
    """Pairs that have a value on one side only, and so take no part."""
    remarks = []
    for e in evidence:
        if e.rule.ignore or e.broken is not None:
            continue
        one, other = ((side.scores or {}).get(e.key, {}) for side in (baseline, candidate))
        gone = (pair for pair, score in other.items() if not is_scored(score))
        if lost := sorted(pair for pair in gone if pair in one and is_scored(one[pair])):
            remarks.append(f"{e.key}: {len(lost)} pairs have a value in the baseline alone: {listed(lost)}.")
    return remarks


def _remarks(rows: Sequence[MetricVerdict]) -> list[str]:
    """What the reader of a verdict should know."""
    loose = [row.key for row in rows if row.basis == "tolerance only"]
    unpaired = [row.key for row in rows if row.basis == "unpaired"]
    remarks = []
    left_out = [row.key for row in rows if row.basis == "people left out"]
    passed = [f"{row.key} ({row.reason})" for row in rows if row.judged and allowed(row)]
    if passed:
        remarks.append(f"Not proven, which the rules allow: {'; '.join(passed)}.")
    if left_out:
        remarks.append(f"Set metrics, people left out of both runs, from kept features: {', '.join(left_out)}.")
    if loose:
        remarks.append(f"Without pairs and intervals, so that no error is known and nothing shown: {', '.join(loose)}.")
    if unpaired:
        remarks.append(f"The baseline has no scores per pair; compared by intervals, unpaired: {', '.join(unpaired)}.")
    return remarks


def worst_pairs(evidence: Sequence[Evidence], candidate: Side, baseline: Side) -> list[WorstPair]:
    """The `WORST` pairs that lost most, each in its worst metric, measured in tolerances (in spreads without one)."""
    found: dict[str, tuple[float, Evidence, float, float]] = {}
    for e in evidence:
        if e.differences is None or e.rule.ignore or not candidate.scores or not baseline.scores:
            continue
        one, other = baseline.scores[e.key], candidate.scores[e.key]
        unit = e.tolerance or float(np.sqrt((e.differences.values**2).mean())) or 1.0
        for pair in one.keys() & other.keys():
            before, after = one[pair].mean, other[pair].mean
            if before is None or after is None:
                continue
            size = e.sign * (after - before) / unit
            if size > 0 and (pair not in found or size > found[pair][0]):
                found[pair] = size, e, before, after
    most = nsmallest(WORST, found.items(), key=lambda item: (-item[1][0], item[0]))
    return [
        WorstPair(pair=pair, metric=e.key, baseline=before, candidate=after, tolerances=size if e.tolerance else None)
        for pair, (size, e, before, after) in most
    ]


def _facts(side: Side) -> SideFacts:
    """Where a side came from, as it stands in the machine form and in the history."""
    summary = side.summary
    return SideFacts(
        path=str(side.path),
        method=summary.method,
        title=side.name,
        protocol=summary.protocol,
        protocol_hash=summary.protocol_hash,
        data_hash=summary.data_hash,
        pairs=summary.pairs.scored if side.finished else None,
        checkpoint_sha256=side.checkpoint,
        device=side.device,
        precision=side.precision,
    )
