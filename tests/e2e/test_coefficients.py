"""`--coefficients`: from files to a table, with what is missing in the records."""

import json

import numpy as np
import pytest

from tests.e2e.conftest import FRAMES, assert_explained

METRICS = ("--metric", "apd[smirk]", "--metric", "aed[smirk]", "--metric", "l1")


def write(path, frames, turn):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, expression_params=np.zeros((frames, 50)), pose_params=np.full((frames, 3), turn))


@pytest.fixture
def folder(tmp_path):
    """Coefficients of three perfect clips and of a method that is 0.1 rad off; the third pair has none."""
    for identity in range(3):
        write(tmp_path / "smirk" / "driving" / f"person{identity}_take.npz", FRAMES, 0.2)
        if identity < 2:
            write(tmp_path / "smirk" / "copy_driving" / f"person{identity}_take.npz", FRAMES - 1, 0.3)
    return tmp_path / "smirk"


@pytest.fixture
def run(evalkit, small_root, protocols, tmp_path):
    def call(*extra):
        arguments = (
            "-p",
            protocols / "small_self.yaml",
            "-d",
            small_root,
            "-M",
            "copy_driving",
            "-o",
            tmp_path / "runs",
        )
        return evalkit("run", *arguments, *METRICS, "--workers", "1", *extra)

    return call


def test_coverage_says_what_was_not_brought_and_a_new_file_is_scored(run, folder, evalkit, tmp_path):
    summary = json.loads(run("--coefficients", f"smirk={folder}", "--json").stdout)
    pose = summary["metrics"]["apd[smirk]"]
    assert pose["value"] == pytest.approx(0.1) and pose["coverage"] == pytest.approx(2 / 3)
    assert pose["n"] == 2 and pose["status"] == "low_coverage" and pose["no_face_generated"] == 0
    assert summary["metrics"]["l1"]["coverage"] == 1
    header = json.loads((tmp_path / "runs" / "small_self" / "copy_driving" / "run.json").read_text())
    assert header["coefficients"]["person2_take"]["smirk"].startswith("generated none driving ")
    explained = evalkit("explain", tmp_path / "runs" / "small_self" / "copy_driving", "apd", "--json")
    assert "supplied for 2 of 3 pairs" in json.loads(explained.stdout)["facts"]["Coefficients"]

    write(folder / "copy_driving" / "person2_take.npz", FRAMES - 1, 0.2)
    again = json.loads(run("--coefficients", f"smirk={folder}", "--json").stdout)["metrics"]["apd[smirk]"]
    assert again["value"] == pytest.approx(0.2 / 3) and again["coverage"] == 1


def test_files_without_eyelids_and_jaw_score_the_other_metrics_and_say_what_the_whole_face_needs(run, folder):
    key = "aed[smirk-eyelids-jaw]"
    needed = "the npz files of both clips must hold expression_params, eyelid_params, jaw_params"
    done = run("--coefficients", f"smirk={folder}", "--metric", key, "--json")
    metrics = json.loads(done.stdout)["metrics"]
    assert metrics["aed[smirk]"]["value"] == 0 and metrics["aed[smirk]"]["n"] == 2
    entry = metrics[key]
    assert entry["value"] is None and entry["status"] == "nothing_scored"
    assert entry["notes"] == [f"no coefficients for 3 of 3 pairs: {needed}"]
    assert f"{key} has no value: no coefficients for 3 of 3 pairs: {needed}." in done.stderr
    (note,) = metrics["apd[smirk]"]["notes"]
    assert note.startswith("no coefficients for 1 of 3 pairs: ") and note.endswith("must hold pose_params")


def test_a_file_that_does_not_fit_costs_its_pair(run, folder):
    write(folder / "copy_driving" / "person0_take.npz", FRAMES, 0.3)
    done = run("--coefficients", f"smirk={folder}")
    assert done.returncode == 0 and "1 of 3 pairs failed" in done.stderr
    assert "'expression_params' has 5 rows for the 4 frames of the generated clip" in done.stderr


def test_without_files_the_metric_is_unavailable(run):
    done = run("--json")
    entry = json.loads(done.stdout)["metrics"]["apd[smirk]"]
    assert entry["status"] == "unavailable" and "--coefficients smirk=DIR" in entry["reason"]


def test_a_folder_that_is_not_there(run, tmp_path):
    assert_explained(run("--coefficients", f"smirk={tmp_path / 'nowhere'}"), "no such folder")
