"""`evalkit metrics calibrate` as a user calls it, on tiny clips."""

import csv
import json

import pytest

from evalkit.calibration.degrade import DEGRADATIONS
from tests.e2e.conftest import assert_explained

STEPS = sum(len(d.steps) for d in DEGRADATIONS)


@pytest.fixture
def calibrate(evalkit, small_root, protocols, tmp_path):
    def call(*extra):
        arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "--frames", "2", "-o", tmp_path / "c.png")
        return evalkit("metrics", "calibrate", *arguments, *extra)

    return call


@pytest.mark.slow
def test_picture_values_and_table(calibrate, tmp_path):
    done = calibrate("--metric", "l1", "--metric", "lpips")
    assert done.returncode == 0, done.stderr
    assert "lpips is left out. Needed: " in done.stderr and f"{2 * STEPS} of {2 * STEPS} in " in done.stderr
    assert "| `l1` | 0.0000 |" in done.stdout and "c.png" in done.stdout
    rows = list(csv.DictReader((tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == STEPS and {row["metric"] for row in rows} == {"l1"}
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "c-truth.png").exists()


@pytest.mark.slow
def test_machine_form(calibrate):
    answers = json.loads(calibrate("--metric", "l1", "--json").stdout)
    assert len(answers) == STEPS and answers[0] == {
        "metric": "l1",
        "degradation": "blur",
        "step": 0,
        "value": 0.0,
        "coverage": 1.0,
    }


def test_nothing_to_compute(calibrate):
    assert_explained(calibrate("--metric", "lpips"), "None of the metrics can be computed here")
