"""Baseline files: what a gate needs of a run in one JSON file, small enough for git, with a digest of its content.

{"schema_version", "kind": "evalkit_gate_baseline", "sha256", "summary": the run's summary.json, "run": {averaging,
coverage_floor, device, precision, checkpoint_sha256, evalkit, commit}, "pairs": [{pair, source_identity,
driving_identity, data}], "scores": {metric: {"mean": [...], "n": [...], "coverage": [...]}}}; scores are in the order
of `pairs`, null where there is none.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import RunError
from evalkit.files import canonical_sha256, write_json
from evalkit.records import SCHEMA_VERSION
from evalkit.runfolder import read_header

if TYPE_CHECKING:
    from evalkit.gate.side import Side

KIND = "evalkit_gate_baseline"


def save_baseline(side: "Side", path: Path) -> None:
    """Write the baseline file of a finished, complete run. Raises `RunError` for another one."""
    if side.folder is None or not side.scores:
        raise RunError(f"{side.path}: a baseline is made from a finished run folder with scores per pair.")
    if not side.summary["complete"]:
        raise RunError(f"{side.path}: not every pair of the protocol was scored; a baseline has to be complete.")
    provenance = read_header(side.path)["provenance"]
    first = next(iter(side.scores.values()))
    content = {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "summary": dict(side.summary),
        "run": {
            "averaging": side.averaging,
            "coverage_floor": side.coverage_floor,
            "device": side.device,
            "precision": side.precision,
            "checkpoint_sha256": side.checkpoint,
            "evalkit": provenance["evalkit"],
            "commit": provenance["commit"],
        },
        "pairs": [
            {
                "pair": score.pair,
                "source_identity": score.source_identity,
                "driving_identity": score.driving_identity,
                "data": side.data.get(score.pair),
            }
            for score in first.values()
        ],
        "scores": {key: _columns([scores[pair] for pair in first]) for key, scores in side.scores.items()},
    }
    write_json(path, {**content, "sha256": canonical_sha256(content)})


def check_digest(path: Path) -> dict[str, Any]:
    """The content of a JSON file with a whole `schema_version`, and the digest it states, if it states one.

    Raises `RunError` when the file is no such JSON, or was changed since it was written.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        stated = content.pop("sha256", None)
        content["schema_version"] = int(content["schema_version"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path}: cannot be read as a baseline: {error!r}. Restore it, or make it again.") from error
    if content.get("kind") == KIND and stated != canonical_sha256(content):
        raise RunError(
            f"{path}: its content does not have the sha256 it states: it is damaged or was edited by hand. "
            "Restore it, or make it again with `evalkit gate save RUN FILE`."
        )
    return dict(content)


def _columns(scores: "list[Any]") -> Mapping[str, list[Any]]:
    return {name: [getattr(score, name) for score in scores] for name in ("mean", "n", "coverage")}


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number; a missing value is null")
