"""The whole audit on a tiny corpus, in this process, and what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.cli.audit import AuditOptions, run_audit
from evalkit.datasets.demo import Corpus, render_corpus
from evalkit.errors import EvalkitError, UnknownNameError

PROTOCOL = """id: tiny_truth
title: Tiny
task: cross_reenactment
dataset: demo
pairs: {rule: random_cross, count: 3}
reference: truth
resolution: 64
metrics: [l1]
anchors: [copy_source, copy_driving]
"""


@pytest.mark.slow
def test_an_audit_writes_verdicts_that_follow_from_its_readings(tmp_path, capsys):
    render_corpus(tmp_path / "data", Corpus(identities=range(3), clips=1, frames=3, size=64))
    (tmp_path / "tiny_truth.yaml").write_text(PROTOCOL)
    options = AuditOptions(
        protocol=str(tmp_path / "tiny_truth.yaml"),
        data=tmp_path / "data",
        metrics=("motion",),
        pairs=3,
        frames=3,
        stride=1,
        quick=True,
        out=tmp_path / "out",
    )
    found = run_audit(options)
    assert "11 outputs of 3 pairs, 3 frames each: about 1 minutes of one core" in capsys.readouterr().err
    (verdict,) = found.verdicts
    assert (verdict.metric, verdict.purpose, verdict.against) == ("motion", "motion", "driving")
    record = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert record["verdicts"][0]["agreement"] == pytest.approx(verdict.order.agreement.mean)
    assert "|vs driving|" in record["signatures"]["motion"]
    made_by = record["methods"]["copy_source"]
    assert made_by["method"] == "copy_source" and len(made_by["code_sha256"]) == 64
    (mark,) = (tmp_path / "out" / "clips").iterdir()
    folders = {path.name for path in mark.iterdir()}
    assert {"truth", "blur-3"} < folders and not folders & {"copy_source", "copy_driving"}
    rows = list(csv.DictReader((tmp_path / "out" / "readings.csv").read_text().splitlines()))
    exact = {(row["output"], row["number"]): float(row["value"] or "nan") for row in rows if row["against"] == "exact"}
    assert exact["truth", "pixels"] == 0 and exact["less_pose-1", "pose"] > exact["less_pose-0.5", "pose"] > 0
    assert exact["driver-1", "identity"] == 1 and exact["blur-3", "pose"] == 0
    assert np.isnan(exact.get(("copy_source", "pose"), np.nan)) and exact["copy_source", "pixels"] > 0
    assert (tmp_path / "out" / "audit.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "out" / "audit.md").read_text()
    assert "| motion | `motion` | driving |" in page and "less_pose 0.5 of the turns lost" in page


def test_an_audit_needs_a_protocol_that_knows_the_truth_and_metrics_with_a_purpose(tmp_path: Path):
    with pytest.raises(EvalkitError, match="demo_cross does not know what the outputs should have been"):
        run_audit(AuditOptions(protocol="demo_cross", out=tmp_path))
    with pytest.raises(UnknownNameError, match="fvd"):
        run_audit(AuditOptions(metrics=("fvd",), out=tmp_path))
    assert not list(tmp_path.iterdir())
