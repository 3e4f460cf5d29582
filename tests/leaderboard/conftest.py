"""Finished run folders with clip scores, as a run leaves them, in a moment."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from evalkit.records.frame_scores import write_table
from tests.facts import header_facts, metric_facts, summary_facts

PEOPLE = ("anna", "bela", "cora", "dora")
PAIRS = [(a, b) for a in PEOPLE for b in PEOPLE if a != b]
FACTS = {"csim[x]": ("CSIM", "higher"), "aed[x]": ("AED", "lower"), "fid": ("FID", "lower"), "akd[x]": ("AKD", "lower")}


def _summary(method: str, title: str, metrics: dict[str, float]) -> dict:
    entries = {
        key: metric_facts(
            title=FACTS[key][0],
            better=FACTS[key][1],
            value=value,
            ci_low=None if key == "fid" else value - 0.01,
            ci_high=None if key == "fid" else value + 0.01,
            n=len(PAIRS),
            frames=10 * len(PAIRS),
            signature=f"{key}|frame>clip>protocol|v1",
        )
        for key, value in metrics.items()
    }
    pairs = {"protocol": len(PAIRS), "run": len(PAIRS), "scored": len(PAIRS), "failed": []}
    return summary_facts(entries, task="cross_reenactment", method=method, title=title, pairs=pairs)


def _header(fps: float | None, dataset: str) -> dict:
    return header_facts(
        configuration={"checkpoint_sha256": "c" * 64, "options": {}, "precision": "fp32"},
        protocol={"title": "Small protocol", "dataset": dataset, "anchors": ["copy_source"]},
        device={"name": "machine"},
        provenance={"commit": "f" * 40, "dirty": False},
        timings={"fps": fps},
    )


def _clips(metrics: dict[str, float], spread: float) -> pa.Table:
    rows = [
        {
            "pair": f"{source}--{driving}",
            "source_identity": source,
            "driving_identity": driving,
            "metric": key,
            "mean": value + spread * (PEOPLE.index(source) - 1.5),
            "n": 10,
        }
        for key, value in metrics.items()
        if key != "fid"
        for source, driving in PAIRS
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """Write a run folder: `run("a", {"csim[x]": 0.5}, fps=3.0, summary={...}, header={...}, spread=0.1)`."""

    def written(name, metrics, *, title=None, fps=None, dataset="voxceleb1", spread=0.0, summary=None, header=None):
        folder = tmp_path / "runs" / "small" / name
        folder.mkdir(parents=True)
        method = name.partition("@")[0]
        content = _summary(method, title or method, metrics) | (summary or {})
        facts = _header(fps, dataset)
        for key, value in (header or {}).items():
            facts[key] = facts[key] | value if isinstance(value, dict) else value
        (folder / "summary.json").write_text(json.dumps(content))
        (folder / "run.json").write_text(json.dumps(facts))
        write_table(folder / "clips.parquet", _clips(metrics, spread), {})
        return folder

    return written


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    """An empty folder of leaderboards."""
    folder = tmp_path / "leaderboards"
    folder.mkdir()
    return folder
