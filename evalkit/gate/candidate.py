"""The one-go form: generate and score a checkpoint for a gate, in a run folder named after what made it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.adapter import MethodConfig
from evalkit.checkpoints import checkpoint_sha256, with_checkpoint
from evalkit.files import canonical_sha256
from evalkit.gate.side import Side, read_side
from evalkit.methods import MethodEntry, recorded_options
from evalkit.protocol import Protocol
from evalkit.run import OnPair, Settings, resolve_pairs, run_method
from evalkit.scoring import ScoringPool
from evalkit.types import Pair


@dataclass(frozen=True)
class Job:
    """A checkpoint to be gated: what to run, over which pairs, into `settings.out`."""

    protocol: Protocol
    entry: MethodEntry
    settings: Settings
    pairs: Sequence[Pair]


def plan(protocol: Protocol, entry: MethodEntry, settings: Settings, baseline: Side) -> Job:
    """The run of a checkpoint, scored with the metrics of the baseline.

    Its tag is made of method code, checkpoint and options, so that another checkpoint never meets this one's results
    and a repeated gate goes on where it was. Raises `DatasetError` or `ProtocolError`.
    """
    metrics = tuple(key for key, row in baseline.summary["metrics"].items() if row["status"] != "unavailable")
    if set(metrics) == set(protocol.metrics):
        metrics = ()
    settings = replace(settings, tag=settings.tag or _tag(entry, settings.config, metrics), metrics=metrics)
    return Job(protocol, entry, settings, resolve_pairs(protocol, settings.data))


def planned_side(protocol: Protocol, entry: MethodEntry, config: MethodConfig) -> Side:
    """The candidate before it has run: enough to see that it can never be compared."""
    summary: Mapping[str, Any] = {
        "protocol": protocol.id,
        "protocol_version": protocol.version,
        "protocol_hash": protocol.hash,
        "data_hash": None,
        "method": entry.card.id,
        "title": entry.card.title,
        "complete": False,
        "metrics": {},
    }
    return Side(
        path=Path(entry.card.id),
        summary=summary,
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


def run(job: Job, pool: ScoringPool, on_pair: OnPair, only: Sequence[str] = ()) -> Side:
    """Run the job, or only these pairs of it, and read what it left. Raises `EvalkitError` as `run_method` does."""
    settings = replace(job.settings, only=tuple(only))
    return read_side(run_method(job.protocol, job.entry, settings, job.pairs, pool, on_pair).folder.path)


def _tag(entry: MethodEntry, config: MethodConfig, metrics: tuple[str, ...]) -> str:
    checkpoint = checkpoint_sha256(with_checkpoint(entry, config))
    options = recorded_options(entry.card, config.options)
    made_by = [entry.code_sha256, checkpoint, options, config.device, config.precision, list(metrics)]
    return f"gate-{canonical_sha256(made_by)[:8]}"
