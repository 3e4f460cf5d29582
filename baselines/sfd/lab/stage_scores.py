"""The stages of the ablation scored by evalkit.

As `evalkit run --method sfd --tag <stage>-<steps> --checkpoint <stage>/averaged.safetensors` does it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.sfd.lab.ablation_table import Row
from baselines.sfd.lab.stages import StageFolder, progress_of
from baselines.sfd.lab.training.checkpoint import Progress
from evalkit.base.files import content_sha256
from evalkit.errors import EvalkitError
from evalkit.method.find import MethodEntry, find_method, method_options
from evalkit.method.interface import MethodConfig
from evalkit.protocol.schema import Protocol
from evalkit.records.run_folder import RunFolder
from evalkit.runs.run import Settings, resolve_pairs, run_method
from evalkit.scoring.pool import scoring_pool
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
    with scoring_pool(scoring.workers) as pool:
        for protocol in scoring.protocols:
            pairs = resolve_pairs(protocol, scoring.data)
            for anchor in map(find_method, protocol.anchors):
                try:
                    run_method(protocol, anchor, _anchor_settings(scoring, anchor), pairs, pool, _say)
                except EvalkitError as error:
                    _LOG.warning("The anchor %s is left out: %s", anchor.card.id, error)
            for folder in folders:
                settings = _stage_settings(scoring, entry, folder)
                _LOG.info("%s: scoring %s@%s", protocol.id, METHOD, settings.tag)
                run_method(protocol, entry, settings, pairs, pool, _say)


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


def _anchor_settings(scoring: Scoring, anchor: MethodEntry) -> Settings:
    config = MethodConfig(options=method_options(anchor.card, ()))
    return Settings(data=scoring.data, out=scoring.runs, config=config)


def _stage_settings(scoring: Scoring, entry: MethodEntry, folder: StageFolder) -> Settings:
    options = method_options(entry.card, ())
    config = MethodConfig(device=scoring.device, checkpoint=folder.weights, options=options)
    return Settings(data=scoring.data, out=scoring.runs, tag=_tag(scoring, folder), config=config)


def _tag(scoring: Scoring, folder: StageFolder) -> str:
    """With the steps: weights of a longer training have a run of their own."""
    parts = (folder.stage, str(progress_of(folder.weights).step), scoring.tag)
    return "-".join(part for part in parts if part)


def _say(pair: str, became: str) -> None:
    if became == "failed":
        _LOG.warning("%s failed", pair)
