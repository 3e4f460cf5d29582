"""The stages of the ablation scored by evalkit.

As `evalkit run --method sfd --tag <stage>-<steps> --checkpoint <stage>/averaged.safetensors` does it.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from baselines.sfd.lab.ablation_table import Row
from baselines.sfd.lab.stages import StageFolder, progress_of
from baselines.sfd.lab.training.checkpoint import Progress
from evalkit.base.files import content_sha256
from evalkit.method.find import MethodEntry, find_method, method_options
from evalkit.method.interface import MethodConfig
from evalkit.protocol.schema import Protocol
from evalkit.records.run_folder import RunFolder
from evalkit.runs.run import MethodJob, run_methods
from evalkit.runs.session import OnPair, RunSettings, open_session
from evalkit.tables.results import Measured, read_measured

METHOD = "sfd"
_LOG = logging.getLogger("evalkit")


@dataclass(frozen=True)
class Scoring:
    """How stages are scored.

    Attributes:
        protocols: they are scored with.
        data: data root of the protocols; None for those that need none.
        runs: folder of the run folders.
        device: where SFD runs.
        workers: processes that score.
        tag: keeps runs apart from earlier ones, of other code for instance; "" for nothing.
    """

    protocols: tuple[Protocol, ...]
    data: Path | None
    runs: Path
    device: str = "cpu"
    workers: int = 1
    tag: str = ""


def score_stages(scoring: Scoring, folders: Sequence[StageFolder]) -> None:
    """Run and score the exported weights of stages over every protocol, and its anchors; finished runs are kept.

    Raises `EvalkitError` when a run of a stage cannot begin or go on; an anchor that cannot be run is left out.
    """
    entry = find_method(METHOD)
    stages = [_stage_run(scoring, entry, folder) for folder in folders]
    settings = RunSettings(data=scoring.data, out=scoring.runs, workers=scoring.workers)
    for protocol in scoring.protocols:
        anchors = [_anchor_run(find_method(name)) for name in protocol.anchors]
        with open_session(protocol, settings, _logged) as session:
            run_methods(session, [*anchors, *stages], _LOG.warning)


def anchor_results(scoring: Scoring) -> list[Measured]:
    """What the anchors have measured."""
    paths = [scoring.runs / protocol.id / name for protocol in scoring.protocols for name in protocol.anchors]
    return [read_measured(path) for path in paths if RunFolder(path).summary.is_file()]


def stage_row(scoring: Scoring, folder: StageFolder) -> Row:
    """What the exported weights of a stage have measured, and what is missing."""
    if not folder.weights.is_file():
        begun = progress_of(folder.checkpoint).step
        return Row(folder.stage, (), Progress(), f"stopped at step {begun}, before its end" if begun else "not trained")
    tag, weights = _tag(scoring, folder), content_sha256(folder.weights)
    results, missing = [], []
    for protocol in scoring.protocols:
        path = scoring.runs / protocol.id / f"{METHOD}@{tag}"
        result = read_measured(path) if RunFolder(path).summary.is_file() else None
        if result is not None and result.identity.checkpoint_sha256 == weights:
            results.append(result)
        else:
            missing.append(protocol.id)
    problem = f"not scored with {', '.join(missing)}" if missing else ""
    return Row(folder.stage, tuple(results), progress_of(folder.weights), problem)


def _anchor_run(entry: MethodEntry) -> MethodJob:
    return MethodJob(entry, MethodConfig(options=method_options(entry.card, ())), anchor=True)


def _stage_run(scoring: Scoring, entry: MethodEntry, folder: StageFolder) -> MethodJob:
    options = method_options(entry.card, ())
    config = MethodConfig(device=scoring.device, checkpoint=folder.weights, options=options)
    return MethodJob(entry, config, _tag(scoring, folder))


def _tag(scoring: Scoring, folder: StageFolder) -> str:
    """With the steps: weights of a longer training have a run of their own."""
    parts = (folder.stage, str(progress_of(folder.weights).step), scoring.tag)
    return "-".join(part for part in parts if part)


@contextmanager
def _logged(title: str, pairs: int) -> Iterator[OnPair]:
    """Progress as lines of a log: what is run, and every pair that failed."""

    def on_pair(pair: str, became: str) -> None:
        if became == "failed":
            _LOG.warning("%s failed", pair)

    _LOG.info("%s: %s pairs", title, pairs)
    yield on_pair
