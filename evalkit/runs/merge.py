"""Join run folders of one configuration and different pairs: the result is that of one run over all of them."""

import contextlib
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from evalkit.base.files import atomic_path
from evalkit.base.places import cache_dir
from evalkit.datasets import DATASETS
from evalkit.errors import RunError
from evalkit.metrics import find_metric
from evalkit.protocol.pairs import expected_pairs
from evalkit.protocol.schema import find_protocol
from evalkit.records.frame_scores import read_frames, read_signatures
from evalkit.records.json_record import content_of, write_record
from evalkit.records.output_rules import OutputRules
from evalkit.records.provenance import provenance
from evalkit.records.run import ProvenanceFacts, RunHeader, read_header, read_summary
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.records.trace import Span, read_spans, stage_seconds
from evalkit.runs.contact_sheet import write_contact_sheet
from evalkit.runs.find_clips import protocol_of
from evalkit.runs.foreign_clips import Outputs
from evalkit.runs.output_names import Matched
from evalkit.runs.plan import Plan
from evalkit.runs.producers import OutputsProducer
from evalkit.runs.run import Finished
from evalkit.runs.run_pairs import finished_pairs, result_of
from evalkit.runs.session import make_truth, resolve_pairs
from evalkit.runs.shard import whole_name
from evalkit.runs.summary import summed_up, write_summary
from evalkit.scoring.score_pair import metric_signatures

_SAME = ("configuration", "protocol", "metrics", "extractors", "scoring_device", "plugins")
"""Keys of run.json that have to be equal."""


def merge(parts: Sequence[Path], out: Path, data: Path | None = None, protocol: str | None = None) -> Finished:
    """Join finished runs into `out/<protocol>/<method>[@tag]`.

    Clips are linked where the file system can, else copied. `data` is where the clips of the dataset are, if not where
    the first run found them; `protocol` names a file of the user's, where the protocol has a pair list.

    Raises `RunError` when the runs are not parts of one, when one is not finished, or when two have different records
    of one pair.
    """
    folders = [RunFolder(path) for path in parts]
    headers = [read_header(path) for path in parts]
    _refuse_different(parts, headers)
    names = {whole_name(path.resolve().name) for path in parts}
    if len(names) > 1:
        raise RunError(f"The runs are called {' and '.join(sorted(names))}. Only runs of one name can be merged.")
    first = headers[0]
    chosen = protocol_of(first, [find_protocol(protocol)] if protocol else ())
    known = data or (Path(first.data) if first.data else None)
    pairs = resolve_pairs(chosen, known, missing_ok=True)
    target = RunFolder(out / chosen.id / names.pop())
    with target.locked():
        target.claim(first.configuration)
        target.outcomes.unlink(missing_ok=True)
        write_record(target.header, _joined(headers, [], "running", {}))
        ids = {name for folder in folders for name in finished_pairs(folder)} | finished_pairs(target)
        if unknown := ids - {pair.id for pair in pairs}:
            raise RunError(
                f"{len(unknown)} pairs of the runs are not among those of {chosen.id} here, such as "
                f"{min(unknown)}. Give the data they were made from by --data."
            )
        make_truth(chosen, DATASETS[chosen.dataset].resolve_root(known), [pair for pair in pairs if pair.id in ids])
        metrics = tuple(find_metric(key) for key in first.metrics)
        signatures = metric_signatures(chosen, metrics)
        for folder in folders:
            for name in sorted(finished_pairs(folder)):
                _take(folder, target, name, signatures)
        plan = Plan(
            protocol=chosen,
            pairs=[pair for pair in pairs if pair.id in ids],
            metrics=metrics,
            produce=OutputsProducer(Outputs(target.path, Matched({}), (), OutputRules()), chosen),
            folder=target,
            configuration=first.configuration,
            cache=cache_dir(),
            unavailable=_unavailable(parts),
            device=first.scoring_device,
        )
        results = [result_of(plan, pair) for pair in plan.pairs]
        summary, clips = write_summary(plan, results, expected_pairs(chosen) or len(pairs))
        stages = stage_seconds(_join_traces(target, folders))
        write_contact_sheet(target, chosen, results, clips, metrics)
        write_record(target.header, _joined(headers, [result.outcome for result in results], "finished", stages))
        target.log("merged", parts=[str(path) for path in parts], complete=summary.complete)
    return Finished(target, summary)


def _refuse_different(parts: Sequence[Path], headers: Sequence[RunHeader]) -> None:
    first = content_of(headers[0])
    for path, header in zip(parts, headers, strict=True):
        if header.status != "finished":
            raise RunError(f"{path} is not finished. Give its command again first.")
        content = content_of(header)
        for key in _SAME:
            there, here = first.get(key), content.get(key)
            if there != here:
                raise RunError(f"{path} is no part of one run with {parts[0]}: {_difference(key, there, here)}.")


def _difference(key: str, there: object, here: object) -> str:
    """The first difference, in words."""
    if isinstance(there, dict) and isinstance(here, dict):
        for name in sorted({*there, *here}):
            if there.get(name) != here.get(name):
                return _difference(f"{key}.{name}", there.get(name), here.get(name))
    return f"{key} is {here!r}, and {there!r} there"


def _take(source: RunFolder, target: RunFolder, name: str, signatures: dict[str, str]) -> None:
    """Take a pair over, with its scores and its clip."""
    if source.path.resolve() == target.path.resolve():
        return
    outcome, there = source.read_outcome(name), target.read_outcome(name)
    assert outcome is not None
    if there is not None and there.status == "ok":
        if outcome.status == "ok" and _content(source, outcome) != _content(target, there):
            raise RunError(f"{source.path} and {target.path} have different records of the pair {name}.")
        return
    if outcome.status == "ok":
        for key, text in read_signatures(source.scores(name)).items():
            if key in signatures and not text.startswith(signatures[key]):
                raise RunError(
                    f"{source.scores(name)}: {key} was computed as {text}, which is {signatures[key]} in this evalkit. "
                    "Give the command of that run again with this version."
                )
        if outcome.generated and not Path(outcome.generated).is_absolute():
            _link(source.path / outcome.generated, target.path / outcome.generated)
        _link(source.scores(name), target.scores(name))
    # At last, since it says that the others are there.
    _link(source.outcome_path(name), target.outcome_path(name))


def _content(folder: RunFolder, outcome: Outcome) -> tuple[object, ...]:
    """What two records of a pair have to share: the clips, and every score."""
    digests = outcome.source_sha256, outcome.driving_sha256, outcome.generated_sha256
    more = outcome.anchor_sha256, outcome.truth_sha256
    scores = read_frames(folder.scores(outcome.pair))
    return (*digests, *more, *((one.metric, one.values.tobytes(), one.statuses) for one in scores))


def _link(source: Path, target: Path) -> None:
    """The same file in another place, at no cost where the file system can do that. One that is gone stays gone."""
    if not source.exists():
        return
    with atomic_path(target) as temporary:
        temporary.unlink()
        try:
            os.link(source, temporary)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
            shutil.copyfile(source, temporary)


def _join_traces(target: RunFolder, folders: Sequence[RunFolder]) -> list[Span]:
    """Every task of the parts once, in the trace of the whole."""
    files = [folder.trace for folder in (target, *folders) if folder.trace.is_file()]
    lines = dict.fromkeys(line for file in files for line in file.read_bytes().splitlines(keepends=True))
    with atomic_path(target.trace) as temporary:
        temporary.write_bytes(b"".join(lines))
    return read_spans(target.trace)


def _unavailable(parts: Sequence[Path]) -> dict[str, str]:
    """Why metrics are lacking, as the runs say."""
    entries = {key: entry for path in parts for key, entry in read_summary(path).metrics.items()}
    return {key: entry.reason for key, entry in entries.items() if entry.status == "unavailable"}


def _joined(
    headers: Sequence[RunHeader],
    outcomes: Sequence[Outcome],
    status: Literal["running", "finished"],
    stages: Mapping[str, float],
) -> RunHeader:
    """`run.json` of the whole."""
    first = headers[0]
    words = first.timings.peak_memory_of, first.timings.warm_up
    timings = summed_up(outcomes, first.device.type).model_copy(
        update={"peak_memory_of": words[0], "warm_up": words[1]}
    )
    kept = {key: getattr(first, key) for key in first.model_fields_set - {"shard", "stages"}}
    return RunHeader(
        **kept
        | {
            "status": status,
            "created": min(header.created for header in headers),
            "updated": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "coefficients": {pair: files for header in headers for pair, files in header.coefficients.items()},
            "provenance": ProvenanceFacts(**provenance()),
            "timings": timings,
            "stages": dict(stages),
        }
    )
