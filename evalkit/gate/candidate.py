"""The one-go form: generate, score and judge a checkpoint, in a run folder named after what made it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from evalkit.base.files import canonical_sha256
from evalkit.errors import EvalkitError
from evalkit.gate.comparable import check_pairs
from evalkit.gate.quick import quick_gate
from evalkit.gate.rules import Rules, check_names
from evalkit.gate.side import Side, not_run, read_side
from evalkit.gate.verdict import Verdict, gate, stopped
from evalkit.method.checkpoints import checkpoint_sha256, with_checkpoint
from evalkit.method.find import MethodEntry, recorded_options
from evalkit.method.interface import MethodConfig
from evalkit.protocol.schema import Protocol
from evalkit.runs.run import OnPair, Settings, resolve_pairs, run_method
from evalkit.scoring.pool import ScoringPool

Progress = Callable[[int], AbstractContextManager[OnPair]]
"""Shows the progress of that many pairs."""


def gate_candidate(
    baseline: Side,
    rules: Rules,
    protocol: Protocol,
    entry: MethodEntry,
    settings: Settings,
    pool: ScoringPool,
    progress: Progress,
    quick: bool = False,
) -> tuple[Verdict, Side]:
    """Run a checkpoint over the protocol and compare it; the verdict, and the candidate it is about.

    Nothing runs that could never be compared. A candidate that cannot be run makes the gate incomplete.

    Raises `UnknownNameError` or `ProtocolError` for rules that do not fit the baseline's metrics, before
    anything runs.
    """
    better = {key: row.better for key, row in baseline.summary.metrics.items()}
    check_names(rules, list(better), better)
    planned = _planned_side(protocol, entry, settings.config)
    early = gate(baseline, planned, rules)
    if early.outcome == "not_comparable" or not baseline.summary.complete:
        return early, planned
    settings = replace(settings, metrics=_metrics(baseline, protocol))
    settings = replace(settings, tag=settings.tag or _tag(protocol, entry, settings))
    try:
        pairs = resolve_pairs(protocol, settings.data)
        if other := check_pairs(baseline, {pair.id for pair in pairs}):
            return stopped(baseline, planned, rules, "not_comparable", [finding.text for finding in other]), planned

        def run(only: Sequence[str]) -> Side:
            with progress(len(only or pairs)) as on_pair:
                chosen = replace(settings, only=tuple(only))
                return read_side(run_method(protocol, entry, chosen, pairs, pool, on_pair).folder.path)

        if quick:
            return quick_gate(baseline, rules, run)
        candidate = run(())
        return gate(baseline, candidate, rules), candidate
    except EvalkitError as error:
        reason = f"The candidate could not be run: {error}"
        return stopped(baseline, planned, rules, "incomplete", [reason]), planned


def _metrics(baseline: Side, protocol: Protocol) -> tuple[str, ...]:
    """The metrics of the baseline; none where they are the protocol's own."""
    metrics = tuple(key for key, row in baseline.summary.metrics.items() if row.status != "unavailable")
    return () if set(metrics) == set(protocol.metrics) else metrics


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


def _tag(protocol: Protocol, entry: MethodEntry, settings: Settings) -> str:
    """Another checkpoint never meets this one's results, and a repeated gate goes on where it was."""
    config = settings.config
    options = recorded_options(entry.card, config.options)
    beside = {
        "seed": config.seed,
        "random_weights": config.random_weights,
        "channels_last": config.channels_last,
        "compile": config.compile,
    }
    unusual = {name: value for name, value in beside.items() if value}
    made_with = [options, config.device, config.precision, list(settings.metrics), *([unusual] if unusual else [])]
    made_by = [protocol.hash, entry.code_sha256, checkpoint_sha256(with_checkpoint(entry, config)), *made_with]
    return f"gate-{canonical_sha256(made_by)[:8]}"
