"""The main job: run a method over a protocol, or score somebody's outputs, and leave a run folder."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from evalkit.base.places import cache_dir
from evalkit.base.text import check_plain
from evalkit.datasets.found import Found
from evalkit.errors import EvalkitError, MethodError, RunError
from evalkit.method.checkpoints import with_checkpoint
from evalkit.method.external import Clone, cost_words, locate
from evalkit.method.find import MethodEntry
from evalkit.method.foreign.weights import weights_sha256
from evalkit.method.interface import MethodConfig
from evalkit.method.made_by import watched_weights
from evalkit.method.option_files import option_files, recorded_options
from evalkit.protocol.pairs import expected_pairs
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import write_record
from evalkit.records.protocol_facts import ProtocolFacts
from evalkit.records.provenance import cpu_threads, device_name, provenance
from evalkit.records.run import (
    Configuration,
    DataFacts,
    DeviceFacts,
    ProvenanceFacts,
    RunHeader,
    Summary,
    read_header,
)
from evalkit.records.run_folder import RunFolder
from evalkit.records.trace import read_spans, stage_seconds
from evalkit.runs.contact_sheet import write_contact_sheet
from evalkit.runs.engine.dispatch import run_on
from evalkit.runs.engine.tasks import Engine
from evalkit.runs.foreign_clips import Outputs
from evalkit.runs.plan import PairResult, Plan, Producer
from evalkit.runs.plugged import plugins_used
from evalkit.runs.producers import MethodProducer, OutputsProducer
from evalkit.runs.run_pairs import execute, finished_pairs
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

    @property
    def name(self) -> str:
        """The name of its run folder."""
        return self.entry.card.id + (f"@{self.tag}" if self.tag else "")


@dataclass(frozen=True)
class Finished:
    """A finished run: its folder and its summary."""

    folder: RunFolder
    summary: Summary


@dataclass(frozen=True)
class Prepared:
    """A run before it begins: what decides its frames, and what makes them on `device`.

    `given` is what is only scored. `words` say what memory and seconds are of, where they are not those of this
    process.
    """

    configuration: Configuration
    tag: str | None
    device: str
    produce: Producer
    given: Mapping[str, Path] = field(default_factory=dict)
    words: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """Of its run folder."""
        return self.configuration.method + (f"@{self.tag}" if self.tag else "")


def run_methods(session: Session, jobs: Iterable[MethodJob], say: Callable[[str], None]) -> list[Finished]:
    """Run methods, at once where the session has workers; `say` gets a message for each anchor that could not be run.

    A clone that is missing or refused is told before any method runs. Raises `EvalkitError` as `run_method` does, for a
    method that is not an anchor.
    """
    jobs = list(jobs)
    for job in jobs:
        if job.entry.card.external:
            locate(job.entry.card, job.config.options, job.entry.asked)

    def left_out(job: MethodJob, error: EvalkitError) -> None:
        if not job.anchor:
            raise error
        say(f"The anchor {job.entry.card.id} is left out: {error}")

    if session.engine:
        return _run_together(session, session.engine, jobs, left_out)
    finished = []
    for job in jobs:
        try:
            finished.append(run_method(session, job))
        except EvalkitError as error:
            left_out(job, error)
    return finished


def run_method(session: Session, job: MethodJob) -> Finished:
    """Run a method over the pairs of a session and score it; resumes what is there.

    Raises `EvalkitError` when the run cannot begin or go on; a failed pair does not stop the others.
    """
    return _run(session, prepare(session, job))


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
    return _run(session, Prepared(configuration, tag, "cpu", OutputsProducer(outputs, protocol), outputs.clips))


def prepare(session: Session, job: MethodJob) -> Prepared:
    """A method with everything that decides its frames. Raises `EvalkitError` for one that cannot do the protocol."""
    protocol, entry, card = session.protocol, job.entry, job.entry.card
    _refuse_too_many_sources(protocol, entry)
    if protocol.motion not in card.motions:
        raise MethodError(f"{card.id} has no {protocol.motion} motion mode, which {protocol.id} asks for.")
    config = with_checkpoint(entry, job.config)
    clone = locate(card, config.options, entry.asked) if card.external else None
    weights, code = watched_weights(config, clone), entry.code_sha256
    named = option_files(card, entry.folder, config.options, clone.place.clone if clone else None)
    configuration = Configuration(
        kind="method",
        method=card.id,
        title=card.title + (" (random weights)" if config.random_weights else ""),
        method_version=card.version,
        code_sha256=code,
        checkpoint_sha256=weights_sha256(clone.weights) if clone else weights[0].sha256 if weights else None,
        device=config.device.partition(":")[0],
        precision=config.precision,
        seed=config.seed,
        random_weights=config.random_weights,
        options=recorded_options(card, config.options, named),
        protocol=protocol.id,
        protocol_hash=protocol.hash,
        motion=protocol.motion,
    )
    configuration = configuration.model_copy(update=_where_it_applies(config, clone))
    watched = (*weights, *(file.watched for file in named if file.watched))
    produce = MethodProducer(entry, config, protocol, watched, clone, code)
    return Prepared(configuration, job.tag, config.device, produce, words=cost_words(card, config.device))


def _run(session: Session, prepared: Prepared) -> Finished:
    """Make, score and sum up the pairs of a session."""
    if session.engine:
        return _on_engine(session, session.engine, [prepared])[0]
    with _begun(session, prepared) as begun:
        title = f"{session.protocol.id} / {prepared.name}"
        try:
            with session.progress(title, session.asked) as on_pair:
                results = execute(begun.plan, session.pool, on_pair)
            return begun.finish(results)
        finally:
            prepared.produce.close()


def _run_together(
    session: Session,
    engine: Engine,
    jobs: Iterable[MethodJob],
    left_out: Callable[[MethodJob, EvalkitError], None],
) -> list[Finished]:
    """Run methods at once; one that cannot be run is `left_out`, which may raise."""
    ready: list[tuple[MethodJob, Prepared]] = []
    for job in jobs:
        try:
            ready.append((job, prepare(session, job)))
        except EvalkitError as error:
            left_out(job, error)
    chosen = [prepared for _, prepared in ready]
    return _on_engine(session, engine, chosen, lambda index, error: left_out(ready[index][0], error))


def _on_engine(
    session: Session,
    engine: Engine,
    prepared: Sequence[Prepared],
    on_refused: Callable[[int, EvalkitError], None] | None = None,
) -> list[Finished]:
    """Make, score and sum up the pairs of all that is prepared, in the workers of an engine."""

    def refuse(index: int, error: EvalkitError) -> None:
        if on_refused is None:
            raise error
        on_refused(index, error)

    begun: dict[int, _Begun] = {}
    finished: dict[int, Finished] = {}
    with ExitStack() as held:
        for index, one in enumerate(prepared):
            try:
                begun[index] = held.enter_context(_begun(session, one))
            except EvalkitError as error:
                refuse(index, error)
        order = list(begun)
        if not order:
            return []

        def on_finished(index: int, results: list[PairResult]) -> None:
            finished[order[index]] = begun[order[index]].finish(results)

        plans = [(begun[index].plan, begun[index].token) for index in order]
        title = f"{session.protocol.id} / {', '.join(prepared[index].name for index in order)}"
        with session.progress(title, session.asked * len(order)) as on_pair:
            run_on(engine, plans, on_pair, on_finished, lambda index, error: refuse(order[index], error))
    return [finished[index] for index in sorted(finished)]


@dataclass(frozen=True)
class _Begun:
    """A run whose folder is held, by `token`, and whose header is written."""

    session: Session
    prepared: Prepared
    plan: Plan
    token: str

    def finish(self, results: Sequence[PairResult]) -> Finished:
        """Sum up."""
        plan, session = self.plan, self.session
        total = expected_pairs(plan.protocol) or len(session.pairs)
        summary, clips = write_summary(plan, results, total)
        write_contact_sheet(plan.folder, plan.protocol, results, clips, session.metrics)
        _write_header(plan, session, self.prepared, "finished", results)
        plan.folder.log("finished", complete=summary.complete)
        return Finished(plan.folder, summary)


@contextmanager
def _begun(session: Session, prepared: Prepared) -> Iterator[_Begun]:
    """Hold the run folder and write what begins. Raises `RunError` when it is another run's."""
    protocol, settings = session.protocol, session.settings
    check_tag(prepared.tag)
    suffix = settings.shard.suffix if settings.shard else ""
    folder = RunFolder(settings.out / protocol.id / (prepared.name + suffix))
    with folder.locked() as token:
        folder.claim(prepared.configuration, settings.overwrite)
        chosen = session.select(finished_pairs(folder))
        plan = Plan(
            protocol=protocol,
            pairs=chosen,
            metrics=session.metrics,
            produce=prepared.produce,
            folder=folder,
            configuration=prepared.configuration,
            cache=cache_dir(),
            unavailable=session.missing,
            max_failures=settings.max_failures,
            coefficients=settings.coefficients,
            device=settings.scoring_device,
            given=prepared.given,
        )
        _write_header(plan, session, prepared, "running", [])
        folder.log("started", pairs=len(chosen))
        yield _Begun(session, prepared, plan, token)


def check_tag(tag: str | None) -> None:
    """Raise `RunError` for a tag that cannot be part of a path."""
    if tag is not None:
        check_plain("--tag", tag, RunError)


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
    prepared: Prepared,
    status: Literal["running", "finished"],
    results: Sequence[PairResult],
) -> None:
    settings = session.settings
    now, data = time.strftime("%Y-%m-%dT%H:%M:%S%z"), settings.data
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
        device=_device(prepared.device),
        provenance=ProvenanceFacts(**provenance()),
        timings=summed_up([result.outcome for result in results], prepared.device, prepared.words),
        found=_data_facts(session.found) if session.found else None,
    )
    more: dict[str, object] = {**plugins_used(plan)}
    if settings.shard:
        more["shard"] = (settings.shard.index, settings.shard.count)
    if status == "finished":
        more["stages"] = stage_seconds(read_spans(plan.folder.trace))
    header = header.model_copy(update=more)
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
