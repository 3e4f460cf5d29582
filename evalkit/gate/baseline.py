"""Baseline files: what a gate needs of a run in one JSON file, small enough for git, with a digest of its content.

{"schema_version", "kind": "evalkit_gate_baseline", "sha256", "summary": the run's summary.json, "run": {averaging,
coverage_floor, device, precision, checkpoint_sha256, evalkit, commit}, "pairs": [{pair, source_identity,
driving_identity, data, whole}], "scores": {metric: {"mean": [...], "n": [...], "coverage": [...]}}}; scores are in the
order of `pairs`, null where there is none. `data` and `whole` are the digests of `side.PairData`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.errors import RunError
from evalkit.files import canonical_sha256, write_json
from evalkit.gate.baseline_file import KIND
from evalkit.gate.side import PairData, PairScore, Side
from evalkit.records import SCHEMA_VERSION
from evalkit.runfolder import read_header


def save_baseline(side: Side, path: Path) -> None:
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
                **_data(side.data.get(score.pair)),
            }
            for score in first.values()
        ],
        "scores": {key: _columns([scores[pair] for pair in first]) for key, scores in side.scores.items()},
    }
    write_json(path, {**content, "sha256": canonical_sha256(content)})


def _columns(scores: Sequence[PairScore]) -> Mapping[str, list[Any]]:
    return {name: [getattr(score, name) for score in scores] for name in ("mean", "n", "coverage")}


def _data(data: PairData | None) -> Mapping[str, str | None]:
    """The two digests of a pair; None where nothing is known of its clips."""
    return {"data": data.clips, "whole": data.whole} if data else {"data": None, "whole": None}
