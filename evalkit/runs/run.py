"""The main job: run a method over a protocol, or score somebody's outputs, and leave a run folder."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from evalkit.base.places import cache_dir
from evalkit.datasets import DATASETS
from evalkit.errors import EvalkitError, MethodError, RunError, UnknownNameError, WeightsError
from evalkit.method.checkpoints import checkpoint_sha256, with_checkpoint
from evalkit.method.cost import cost_of, peak_memory
from evalkit.method.find import MethodEntry, build_method, recorded_options
from evalkit.method.generate import generate
from evalkit.method.interface import Method, MethodConfig
from evalkit.metrics import Metric, find_metric
from evalkit.protocol.pairs import expected_pairs, make_pairs
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import write_record
from evalkit.records.provenance import cpu_threads, device_name, provenance
from evalkit.records.run import (
    Configuration,
    DeviceFacts,
    ProtocolFacts,
    ProvenanceFacts,
    RunHeader,
    Summary,
    read_header,
)
from evalkit.records.run_folder import RunFolder
from evalkit.runs.contact_sheet import write_contact_sheet
from evalkit.runs.foreign_clips import Outputs
from evalkit.runs.plugged import plugins_used
from evalkit.runs.run_pairs import Made, PairResult, Plan, Producer, execute, finished_pairs
from evalkit.runs.summary import summed_up, write_summary
from evalkit.scoring.availability import unavailable
from evalkit.scoring.features import chain_signature
from evalkit.scoring.missing_faces import has_worst
from evalkit.scoring.pool import ScoringPool
from evalkit.types import Pair

OnPair = Callable[[str, str], None]


@dataclass(frozen=True)
class Settings:
    """What a user can say of a run beside protocol and method.

    `limit` takes the first pairs of the protocol, `only` those with these ids; both mark the result as not complete.
    `metrics` replaces those of the protocol when given. `coefficients` are folders of networks the user ran.
    """

    data: Path | None = None
    out: Path = Path("runs")
    tag: str | None = None
    metrics: tuple[str, ...] = ()
    limit: int | None = None
    only: tuple[str, ...] = ()
    max_failures: int | None = None
    config: MethodConfig = field(default_factory=MethodConfig)
    coefficients: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """A finished run: its folder and its summary."""

    folder: RunFolder
    summary: Summary


def resolve_pairs(protocol: Protocol, data: Path | None, missing_ok: bool = False) -> list[Pair]:
    """The pairs of a protocol over the clips of its dataset.

    With `missing_ok`, pairs of clips that are not there are passed over. Raises `DatasetError` or `ProtocolError`.
    """
    dataset = DATASETS[protocol.dataset]
    return make_pairs(protocol, dataset.index(dataset.resolve_root(data)), missing_ok)


def choose_metrics(protocol: Protocol, names: Sequence[str]) -> tuple[Metric, ...]:
    """The metrics asked for, or the protocol's. Raises when one is unknown or means nothing in the protocol's task."""
    metrics = tuple(find_metric(name) for name in names or protocol.metrics)
    for metric in metrics:
        if protocol.task not in metric.tasks:
            raise EvalkitError(
                f"{metric.key} cannot be used with {protocol.id}: {protocol.task.replace('_', '-')} has no ground "
                f"truth to compare pixels or positions with. Use one of: {', '.join(protocol.metrics)}."
            )
        if protocol.no_face == "worst_case" and not has_worst(metric):
            raise EvalkitError(f"{metric.key} has no worst value, which the no-face policy of {protocol.id} asks for.")
    return tuple(dict.fromkeys(metrics))


def run_method(
    protocol: Protocol,
    entry: MethodEntry,
    settings: Settings,
    pairs: Sequence[Pair],
    pool: ScoringPool,
    on_pair: OnPair,
) -> Finished:
    """Run a method over the selected pairs of a protocol and score it; resumes what is there.

    Raises `EvalkitError` when the run cannot begin or go on; a pair that fails costs only itself.
    """
    card = entry.card
    _refuse_too_many_sources(protocol, entry)
    if protocol.motion not in card.motions:
        raise MethodError(f"{card.id} has no {protocol.motion} motion mode, which {protocol.id} asks for.")
    config = with_checkpoint(entry, settings.config)
    configuration = Configuration(
        kind="method",
        method=card.id,
        title=card.title + (" (random weights)" if config.random_weights else ""),
        method_version=card.version,
        code_sha256=entry.code_sha256,
        checkpoint_sha256=checkpoint_sha256(config),
        device=config.device.partition(":")[0],
        precision=config.precision,
        **_speedups(config),
        seed=config.seed,
        random_weights=config.random_weights,
        options=recorded_options(card, config.options),
        protocol=protocol.id,
        protocol_hash=protocol.hash,
        motion=protocol.motion,
    )
    built: list[Method] = []

    def produce(pair: Pair, folder: RunFolder) -> Made:
        if not built:
            built.append(_build(entry, config))
        output = folder.generated(pair.id)
        with peak_memory(config.device) as peak:
            frames, steps = generate(pair, built[0], protocol, output, config.seed)
            cost = cost_of(steps, peak())
        return Made(output.relative_to(folder.path).as_posix(), frames, cost if card.timed else None)

    return _run(protocol, settings, pairs, pool, on_pair, configuration, produce)


def score_outputs(
    protocol: Protocol,
    outputs: Outputs,
    name: str,
    settings: Settings,
    pairs: Sequence[Pair],
    pool: ScoringPool,
    on_pair: OnPair,
) -> Finished:
    """Score clips that somebody else's model made, matched to the protocol's pairs by id.

    Raises `EvalkitError` when the run cannot begin or go on; a missing, short or wrongly sized clip costs only its
    pair.
    """
    configuration = Configuration(
        kind="outputs",
        method=name,
        title=name,
        protocol=protocol.id,
        protocol_hash=protocol.hash,
        motion=protocol.motion,
    )

    def produce(pair: Pair, folder: RunFolder) -> Made:
        return outputs.check(pair, protocol, folder)

    return _run(protocol, settings, pairs, pool, on_pair, configuration, produce)


def select_pairs(pairs: Sequence[Pair], settings: Settings, done: Iterable[str]) -> list[Pair]:
    """The pairs to run, in the protocol's order: those asked for, and those that the folder already holds.

    Raises `UnknownNameError` for an id the protocol does not have.
    """
    ids = [pair.id for pair in pairs]
    for name in settings.only:
        if name not in ids:
            raise UnknownNameError("pair", name, ids)
    wanted = set(settings.only or ids[: settings.limit]) | set(done)
    return [pair for pair in pairs if pair.id in wanted]


def _run(
    protocol: Protocol,
    settings: Settings,
    pairs: Sequence[Pair],
    pool: ScoringPool,
    on_pair: OnPair,
    configuration: Configuration,
    produce: Producer,
) -> Finished:
    asked = choose_metrics(protocol, settings.metrics)
    missing = unavailable(asked, settings.coefficients)
    metrics = tuple(metric for metric in asked if metric.key not in missing)
    if not metrics:
        reasons = "; ".join(f"{key}: {reason}" for key, reason in missing.items())
        raise WeightsError(
            f"None of the metrics can be computed here. {reasons}. `evalkit metrics list` shows others for --metric."
        )
    name = configuration.method + (f"@{settings.tag}" if settings.tag else "")
    folder = RunFolder(settings.out / protocol.id / name)
    with folder.locked():
        folder.claim(configuration)
        chosen = select_pairs(pairs, settings, finished_pairs(folder))
        cache, most = cache_dir(), settings.max_failures
        brought = settings.coefficients
        plan = Plan(
            protocol, chosen, metrics, produce, folder, configuration, cache, missing, most, brought, pool.device
        )
        _write_header(plan, settings, "running", [])
        folder.log("started", pairs=len(chosen))
        results = execute(plan, pool, on_pair)
        summary, clips = write_summary(plan, results, expected_pairs(protocol) or len(pairs))
        write_contact_sheet(folder, protocol, results, clips, metrics)
        _write_header(plan, settings, "finished", results)
        folder.log("finished", complete=summary.complete)
    return Finished(folder, summary)


def _build(entry: MethodEntry, config: MethodConfig) -> Method:
    """Build the method; what keeps it from being built keeps every pair from being made, so it ends the run."""
    try:
        return build_method(entry, config)
    except EvalkitError as error:
        raise RunError(str(error)) from error


def _speedups(config: MethodConfig) -> dict[str, bool]:
    """Those that are on: one that is off is not mentioned, so that runs of versions that had none are still resumed."""
    chosen = {"channels_last": config.channels_last, "compile": config.compile}
    return {name: True for name, on in chosen.items() if on}


def _refuse_too_many_sources(protocol: Protocol, entry: MethodEntry) -> None:
    most, given = entry.card.max_sources, len(protocol.source.frames)
    if most is not None and given > most:
        raise MethodError(f"{entry.card.id} takes {most} source image(s), the protocol {protocol.id} gives {given}.")


def _write_header(
    plan: Plan, settings: Settings, status: Literal["running", "finished"], results: Sequence[PairResult]
) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    created = read_header(plan.folder.path).created if plan.folder.header.is_file() else now
    extractors = sorted({metric.input[0] for metric in plan.metrics if metric.input})
    header = RunHeader(
        schema_version=SCHEMA_VERSION,
        status=status,
        created=created,
        updated=now,
        configuration=plan.configuration,
        data=str(settings.data.resolve()) if settings.data else None,
        protocol=ProtocolFacts.model_validate_json(plan.protocol.model_dump_json()),
        metrics=tuple(metric.key for metric in plan.metrics),
        extractors={name: chain_signature(name) for name in extractors},
        coefficients={pair.id: _digests(plan, pair) for pair in plan.pairs} if plan.coefficients else {},
        scoring_device=plan.device.partition(":")[0],
        device=_device(settings.config.device),
        provenance=ProvenanceFacts(**provenance()),
        timings=summed_up([result.outcome for result in results], settings.config.device),
        **plugins_used(plan),
    )
    write_record(plan.folder.header, header)


def _device(name: str) -> DeviceFacts:
    return DeviceFacts(type=name, name=device_name(name), threads=cpu_threads() if name == "cpu" else None)


def _digests(plan: Plan, pair: Pair) -> dict[str, str]:
    """Imported network -> digests of its files for a pair."""
    return {name: files.signature() for name, files in plan.brought(pair).items()}
