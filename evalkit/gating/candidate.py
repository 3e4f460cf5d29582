"""The one-go form: generate, score and judge a checkpoint, in a run folder named after what made it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.base.files import canonical_sha256
from evalkit.errors import EvalkitError, UnknownNameError
from evalkit.gating.comparable import check_pairs
from evalkit.gating.quick import quick_gate
from evalkit.gating.rules import Rule, Rules, check_names
from evalkit.gating.side import Side, not_run, read_side
from evalkit.gating.verdict import Verdict, gate, stopped
from evalkit.method.checkpoints import checkpoint_sha256, with_checkpoint
from evalkit.method.find import MethodEntry
from evalkit.method.interface import MethodConfig
from evalkit.method.made_by import made_by
from evalkit.metrics import find_metric
from evalkit.protocol.schema import Protocol
from evalkit.runs.run import MethodJob, run_method, run_methods
from evalkit.runs.session import Progress, RunSettings, open_session


def gate_candidate(
    baseline: Side,
    rules: Rules,
    protocol: Protocol,
    job: MethodJob,
    settings: RunSettings,
    progress: Progress,
    say: Callable[[str], None],
    quick: bool = False,
    anchors: Sequence[MethodJob] = (),
) -> tuple[Verdict, Side]:
    """Run a checkpoint over the protocol and compare it; the verdict, and the candidate it is about.

    Nothing runs that could never be compared. A candidate that cannot be run makes the gate incomplete. Without a tag
    of its own, the candidate gets one after what made it. `metrics` of the settings narrow the gate to these, and
    `anchors` are run beside the candidate; `say` is told of those that could not be.

    Raises `UnknownNameError` or `ProtocolError` for rules or metrics that do not fit the baseline's, before anything
    runs.
    """
    better = {key: row.better for key, row in baseline.summary.metrics.items()}
    check_names(rules, list(better), better)
    rules = _only(baseline, rules, settings.metrics)
    planned = _planned_side(protocol, job.entry, job.config)
    early = gate(baseline, planned, rules)
    if early.outcome == "not_comparable" or not baseline.summary.complete:
        return early, planned
    settings = replace(settings, metrics=settings.metrics or _metrics(baseline, protocol))
    try:
        job = replace(job, tag=job.tag or _tag(protocol, job, settings.metrics))
        with open_session(protocol, settings, progress) as session:
            if other := check_pairs(baseline, {pair.id for pair in session.pairs}):
                return stopped(baseline, planned, rules, "not_comparable", [found.text for found in other]), planned
            run_methods(session, anchors, say)

            def run(only: Sequence[str]) -> Side:
                return read_side(run_method(session.narrowed(only), job).folder.path)

            if quick:
                return quick_gate(baseline, rules, run)
            candidate = run(())
            return gate(baseline, candidate, rules), candidate
    except EvalkitError as error:
        reason = f"The candidate could not be run: {error}"
        return stopped(baseline, planned, rules, "incomplete", [reason]), planned


def _metrics(baseline: Side, protocol: Protocol) -> tuple[str, ...]:
    """The metrics of the baseline; none where they are the protocol's own."""
    metrics = _computed(baseline)
    return () if set(metrics) == set(protocol.metrics) else metrics


def _computed(baseline: Side) -> tuple[str, ...]:
    return tuple(key for key, row in baseline.summary.metrics.items() if row.status != "unavailable")


def _only(baseline: Side, rules: Rules, metrics: Sequence[str]) -> Rules:
    """The rules with every metric of the baseline ignored but `metrics`, when there are any.

    Raises `UnknownNameError` for a metric that the baseline was not scored with.
    """
    there = _computed(baseline)
    for name in metrics:
        if find_metric(name).key not in there:
            raise UnknownNameError("metric of the baseline", name, there)
    asked = {find_metric(name).key for name in metrics} or set(there)
    ignored = {key: Rule(ignore=True) for key in there if key not in asked}
    return rules.model_copy(update={"metrics": {**rules.metrics, **ignored}}) if ignored else rules


def _planned_side(protocol: Protocol, entry: MethodEntry, config: MethodConfig) -> Side:
    """The candidate before it has run: enough to see that it can never be compared."""
    return Side(
        path=Path(entry.card.id),
        summary=not_run(protocol, protocol.hash, entry.card.id, entry.card.title),
        finished=False,
        scores={},
        data={},
        averaging=protocol.averaging,
        coverage_floor=protocol.coverage_floor,
        device=config.device.partition(":")[0],
        precision=config.precision,
        checkpoint=checkpoint_sha256(with_checkpoint(entry, config)),
        folder=None,
    )


def _tag(protocol: Protocol, job: MethodJob, metrics: Sequence[str]) -> str:
    """Another checkpoint never meets this one's results, and a repeated gate goes on where it was."""
    found = made_by(job.entry, with_checkpoint(job.entry, job.config))
    return f"gate-{canonical_sha256([protocol.hash, found.digest, list(metrics)])[:8]}"
