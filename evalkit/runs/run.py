"""The main job: run a method over a protocol, or score somebody's outputs, and leave a run folder."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from evalkit.base.places import cache_dir
from evalkit.base.refusals import explained, is_expected
from evalkit.base.text import check_plain
from evalkit.datasets.found import Found
from evalkit.errors import EvalkitError, MethodError, RunError
from evalkit.method.checkpoints import watch_checkpoint, with_checkpoint
from evalkit.method.cost import cost_of, peak_memory
from evalkit.method.external import Clone, cost_words, locate
from evalkit.method.find import MethodEntry, build_method, recorded_options
from evalkit.method.foreign.weights import weights_sha256
from evalkit.method.generate import generate
from evalkit.method.interface import Closes, MeasuresItself, Method, MethodConfig
from evalkit.protocol.pairs import expected_pairs
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import write_record
from evalkit.records.provenance import cpu_threads, device_name, provenance
from evalkit.records.run import (
    Configuration,
    DataFacts,
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
from evalkit.runs.session import Session
from evalkit.runs.summary import summed_up, write_summary
from evalkit.scoring.features import chain_signature
from evalkit.types import Pair


@dataclass(frozen=True)
class MethodJob:
    """A method to run: what it is built with, and a tag that keeps its run folder apart.

    An `anchor` that cannot be run is left out.
    """

    entry: MethodEntry
    config: MethodConfig
    tag: str | None = None
    anchor: bool = False


@dataclass(frozen=True)
class Finished:
    """A finished run: its folder and its summary."""

    folder: RunFolder
    summary: Summary


def run_methods(session: Session, jobs: Iterable[MethodJob], say: Callable[[str], None]) -> list[Finished]:
    """Run methods one after the other; `say` gets a message for each anchor that could not be run.

    Raises `EvalkitError` as `run_method` does, for a method that is not an anchor.
    """
    finished = []
    for job in jobs:
        try:
            finished.append(run_method(session, job))
        except EvalkitError as error:
            if not job.anchor:
                raise
            say(f"The anchor {job.entry.card.id} is left out: {error}")
    return finished


def run_method(session: Session, job: MethodJob) -> Finished:
    """Run a method over the pairs of a session and score it; resumes what is there.

    Raises `EvalkitError` when the run cannot begin or go on; a failed pair does not stop the others.
    """
    protocol, entry, card = session.protocol, job.entry, job.entry.card
    _refuse_too_many_sources(protocol, entry)
    if protocol.motion not in card.motions:
        raise MethodError(f"{card.id} has no {protocol.motion} motion mode, which {protocol.id} asks for.")
    config = with_checkpoint(entry, job.config)
    clone = locate(card, config.options) if card.external else None
    weights = watch_checkpoint(config)
    configuration = Configuration(
        kind="method",
        method=card.id,
        title=card.title + (" (random weights)" if config.random_weights else ""),
        method_version=card.version,
        code_sha256=entry.code_sha256,
        checkpoint_sha256=weights_sha256(clone.weights) if clone else weights.sha256,
        device=config.device.partition(":")[0],
        precision=config.precision,
        seed=config.seed,
        random_weights=config.random_weights,
        options=recorded_options(card, config.options),
        protocol=protocol.id,
        protocol_hash=protocol.hash,
        motion=protocol.motion,
    )
    configuration = configuration.model_copy(update=_where_it_applies(config, clone))
    built: list[Method] = []
    notes = (clone.warning,) if clone and clone.warning else ()

    def produce(pair: Pair, folder: RunFolder) -> Made:
        if not built:
            built.append(_build(entry, replace(config, logs=folder.path / "logs")))
        method, output = built[0], folder.generated(pair.id)
        with peak_memory(config.device if not clone else "cpu") as peak:
            coming = _unmade_after(pair, session, folder)
            frames, steps = generate(pair, method, protocol, output, config.seed, entry.world, coming)
            weights.refuse_changed()  # after every pair, since a method may load late
            cost = method.cost() if isinstance(method, MeasuresItself) else cost_of(steps, peak())
        return Made(output.relative_to(folder.path).as_posix(), frames, cost if card.timed else None, notes)

    try:
        words = cost_words(card, config.device)
        return _run(session, configuration, job.tag, config.device, produce, words=words)
    finally:
        for method in built:
            if isinstance(method, Closes) and not entry.live:
                method.close()


def _unmade_after(pair: Pair, session: Session, folder: RunFolder) -> Iterator[Pair]:
    """The pairs of the run after this one that have not been made yet."""
    chosen = session.select(finished_pairs(folder))
    for other in chosen[chosen.index(pair) + 1 :]:
        outcome = folder.read_outcome(other.id)
        if outcome is None or outcome.status == "failed":
            yield other


def score_outputs(session: Session, outputs: Outputs, name: str, tag: str | None = None) -> Finished:
    """Score clips that somebody else's model made, matched to the session's pairs by id.

    Raises `EvalkitError` when the run cannot begin or go on; a missing, short or wrongly sized clip costs only its
    pair.
    """
    protocol = session.protocol
    configuration = Configuration(
        kind="outputs",
        method=name,
        title=name,
        protocol=protocol.id,
        protocol_hash=protocol.hash,
        motion=protocol.motion,
    )
    if outputs.rules.words:
        configuration = configuration.model_copy(update={"outputs": outputs.rules})

    def produce(pair: Pair, folder: RunFolder) -> Made:
        return outputs.make(pair, protocol, folder)

    return _run(session, configuration, tag, "cpu", produce, outputs.clips)


def _run(
    session: Session,
    configuration: Configuration,
    tag: str | None,
    device: str,
    produce: Producer,
    given: Mapping[str, Path] | None = None,
    words: tuple[str, str] | None = None,
) -> Finished:
    """Make, score and sum up the pairs of a session; `device` is where they are made.

    `given` is what is only scored. `words` say what memory and seconds are of, where they are not those of this
    process.
    """
    protocol, settings = session.protocol, session.settings
    check_tag(tag)
    name = configuration.method + (f"@{tag}" if tag else "")
    folder = RunFolder(settings.out / protocol.id / name)
    with folder.locked():
        folder.claim(configuration, settings.overwrite)
        chosen = session.select(finished_pairs(folder))
        plan = Plan(
            protocol=protocol,
            pairs=chosen,
            metrics=session.metrics,
            produce=produce,
            folder=folder,
            configuration=configuration,
            cache=cache_dir(),
            unavailable=session.missing,
            max_failures=settings.max_failures,
            coefficients=settings.coefficients,
            device=session.pool.device,
            given=given or {},
        )
        _write_header(plan, session, device, "running", [], words)
        folder.log("started", pairs=len(chosen))
        with session.progress(f"{protocol.id} / {name}", session.asked) as on_pair:
            results = execute(plan, session.pool, on_pair)
        summary, clips = write_summary(plan, results, expected_pairs(protocol) or len(session.pairs))
        write_contact_sheet(folder, protocol, results, clips, session.metrics)
        _write_header(plan, session, device, "finished", results, words)
        folder.log("finished", complete=summary.complete)
    return Finished(folder, summary)


def check_tag(tag: str | None) -> None:
    """Raise `RunError` for a tag that cannot be part of a path."""
    if tag is not None:
        check_plain("--tag", tag, RunError)


def _build(entry: MethodEntry, config: MethodConfig) -> Method:
    """Build the method; what keeps it from being built keeps every pair from being made, so it ends the run."""
    try:
        return build_method(entry, config)
    except EvalkitError as error:
        raise RunError(str(error)) from error
    except OSError as error:
        if not is_expected(error):
            raise
        raise RunError(explained(error)) from error


def _where_it_applies(config: MethodConfig, clone: Clone | None) -> dict[str, object]:
    """Keys that not every run has. One that does not apply is absent, so that runs of versions without it resume."""
    chosen = {
        "channels_last": config.channels_last,
        "compile": config.compile,
        "commit": clone.commit if clone else "",
    }
    return {name: value for name, value in chosen.items() if value}


def _refuse_too_many_sources(protocol: Protocol, entry: MethodEntry) -> None:
    most, given = entry.card.max_sources, len(protocol.source.frames)
    if most is not None and given > most:
        raise MethodError(f"{entry.card.id} takes {most} source image(s), the protocol {protocol.id} gives {given}.")


def _write_header(
    plan: Plan,
    session: Session,
    device: str,
    status: Literal["running", "finished"],
    results: Sequence[PairResult],
    words: tuple[str, str] | None,
) -> None:
    now, data = time.strftime("%Y-%m-%dT%H:%M:%S%z"), session.settings.data
    created = read_header(plan.folder.path).created if plan.folder.header.is_file() else now
    extractors = sorted({metric.input[0] for metric in plan.metrics if metric.input})
    header = RunHeader(
        schema_version=SCHEMA_VERSION,
        status=status,
        created=created,
        updated=now,
        configuration=plan.configuration,
        data=str(data.resolve()) if data else None,
        protocol=ProtocolFacts.model_validate_json(plan.protocol.model_dump_json()),
        metrics=tuple(metric.key for metric in plan.metrics),
        extractors={name: chain_signature(name) for name in extractors},
        coefficients={pair.id: _digests(plan, pair) for pair in plan.pairs} if plan.coefficients else {},
        scoring_device=plan.device.partition(":")[0],
        device=_device(device),
        provenance=ProvenanceFacts(**provenance()),
        timings=summed_up([result.outcome for result in results], device, words),
        found=_data_facts(session.found) if session.found else None,
        **plugins_used(plan),
    )
    write_record(plan.folder.header, header)


def _data_facts(found: Found) -> DataFacts:
    counts = found.counts
    ignored = None if found.ignored is None else found.reasons
    return DataFacts(clips=counts["clips"], portraits=counts["portraits"], ignored=ignored, taken=found.taken)


def _device(name: str) -> DeviceFacts:
    return DeviceFacts(type=name, name=device_name(name), threads=cpu_threads() if name == "cpu" else None)


def _digests(plan: Plan, pair: Pair) -> dict[str, str]:
    """Imported network -> digests of its files for a pair."""
    return {name: files.signature() for name, files in plan.brought(pair).items()}
