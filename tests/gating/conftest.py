"""Run folders as `evalkit run` leaves them, with numbers that a test chooses."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from evalkit.gating.rules import Rules
from evalkit.gating.side import read_side
from evalkit.gating.verdict import gate
from evalkit.records.frame_scores import SCHEMA_VERSION, write_table
from tests.facts import header_facts, metric_facts, summary_facts

BETTER = {"csim[dlib]": "higher", "akd[dlib68]": "lower", "l1": "lower", "fid": "lower"}
IDENTITIES, CLIPS = 20, 40
TYPES = {"mean": pa.float64(), "n": pa.int64(), "coverage": pa.float64()}
NAMES = ("pair", "source_identity", "driving_identity", "metric", "mean", "n", "coverage")


def people(count=CLIPS, identities=IDENTITIES):
    """Names of `count` self-reenactment pairs and their identities."""
    return [(f"p{i % identities:02d}_c{i // identities}", f"p{i % identities:02d}") for i in range(count)]


def values(seed=0, count=CLIPS):
    """Plausible clip means."""
    generator = np.random.default_rng(seed)
    return {"csim[dlib]": 0.9 + 0.02 * generator.normal(size=count), "akd[dlib68]": generator.uniform(2, 8, count)}


def entry(key, means, **changes):
    scored = [mean for mean in means if mean is not None]
    fields = {
        "title": key.partition("[")[0].upper(),
        "better": BETTER.get(key, "lower"),
        "value": float(np.mean(scored)) if scored else None,
        "n": len(scored),
        "frames": 10 * len(scored),
        "coverage": len(scored) / max(len(means), 1),
        "status": "ok" if scored else "nothing_scored",
        "signature": f"{key}|v1",
    }
    return metric_facts(**(fields | changes))


def write_run(
    root,
    name,
    scores,
    *,
    pairs=None,
    drivings=None,
    counts=None,
    header=None,
    configuration=None,
    entries=None,
    rules=None,
    **summary,
):
    """Write a finished run to `root`/runs/`name`: `scores` maps metrics to one mean per pair, None: nothing scored."""
    folder = root / "runs" / name
    (folder / "pairs").mkdir(parents=True)
    count = len(next(iter(scores.values()))) if scores else 0
    pairs = pairs or people(count)
    told = {"device": "cpu", "precision": "fp32", "title": name, **(configuration or {})}
    content = header_facts(configuration=told, protocol=rules or {}, **(header or {}))
    (folder / "run.json").write_text(json.dumps(content))
    pairs_of = {"protocol": count, "run": count, "scored": count, "failed": [], **(counts or {})}
    metrics = {key: entry(key, list(means)) for key, means in scores.items()} | (entries or {})
    facts = summary_facts(metrics, title=name, pairs=pairs_of)
    (folder / "summary.json").write_text(json.dumps(facts | summary))
    rows = [
        {
            "pair": pair,
            "source_identity": person,
            "driving_identity": drivings[i] if drivings else person,
            "metric": key,
            "mean": None if mean is None else float(mean),
            "n": 0 if mean is None else 10,
            "coverage": 0.0 if mean is None else 1.0,
        }
        for key, means in scores.items()
        for i, ((pair, person), mean) in enumerate(zip(pairs, means, strict=True))
    ]
    table = (
        pa.Table.from_pylist(rows)
        if rows
        else pa.table({name: pa.array([], TYPES.get(name, pa.string())) for name in NAMES})
    )
    write_table(folder / "clips.parquet", table, {})
    for pair, _ in pairs[:count]:
        outcome = {"schema_version": SCHEMA_VERSION, "pair": pair, "status": "ok"}
        outcome |= {"source_sha256": "s", "driving_sha256": "d"}
        (folder / "pairs" / f"{pair}.json").write_text(json.dumps(outcome))
    return folder


@pytest.fixture
def make_run(tmp_path) -> Callable[..., Path]:
    """`write_run` in the folder of this test."""
    return partial(write_run, tmp_path)


@pytest.fixture
def make_side(make_run):
    """The same, read back."""

    def made(name, scores, **changes):
        return read_side(make_run(name, scores, **changes))

    return made


@pytest.fixture(scope="session")
def red(tmp_path_factory):
    """A regression: AKD got worse by a fifth, CSIM is as it was."""
    root = tmp_path_factory.mktemp("red")
    worse = values() | {"akd[dlib68]": values()["akd[dlib68]"] * 1.2}
    return gate(*(read_side(write_run(root, *run)) for run in (("a", values()), ("b", worse))), Rules())


def status(verdict):
    return {row.key: row.status for row in verdict.metrics}


def moved(factor):
    return {key: means * factor for key, means in values().items()}


def incomplete(verdict, *phrases):
    assert (verdict.outcome, verdict.exit_code) == ("incomplete", 3)
    text = " ".join(verdict.reasons)
    for phrase in phrases:
        assert phrase in text, text
