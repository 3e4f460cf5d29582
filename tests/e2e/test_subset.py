"""A part of a protocol, however it was asked for, says so everywhere: summary, signature, table, leaderboard, gate."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import assert_explained

WAYS = {
    "limit": ["--limit", 2],
    "pairs": ["--pairs", "person0_take--person1_take", "--pairs", "person1_take--person2_take"],
    "missing-ok": ["--subset", "missing-ok"],
}


@pytest.fixture(scope="module")
def protocol(tmp_path_factory) -> Path:
    """Three pairs, the last of a clip that is not in the data."""
    folder = tmp_path_factory.mktemp("protocol")
    (folder / "listed.yaml").write_text(
        "id: listed\ntitle: Listed\ntask: cross_reenactment\ndataset: folder\nresolution: 128\n"
        "pairs: {rule: list, list: listed.csv}\nmetrics: ['apd[landmark]', 'csim[arcface]']\n"
    )
    (folder / "listed.csv").write_text(
        "source,driving\nperson0_take,person1_take\nperson1_take,person2_take\nperson2_take,lost_take\n"
    )
    return folder / "listed.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("way", list(WAYS))
def test_a_part_is_marked_everywhere(evalkit, small_root, protocol, tmp_path, way):
    arguments = ["run", "-p", protocol, "-d", small_root, "-M", "landmark_warp", "-o", tmp_path, "--workers", 1]
    arguments += ["--no-anchors", *WAYS[way], *([] if way == "missing-ok" else WAYS["missing-ok"])]
    done = evalkit(*arguments)
    assert done.returncode == 0, done.stderr
    assert "Not every pair of the protocol was scored, 2 of 3: leaderboards and gates refuse this result" in done.stderr
    assert "csim[arcface] is unavailable" in done.stderr
    run = tmp_path / "listed" / "landmark_warp"
    summary = json.loads((run / "summary.json").read_text())
    assert summary["complete"] is False
    assert summary["pairs"] == {"protocol": 3, "run": 2, "scored": 2, "failed": []}
    assert summary["metrics"]["apd[landmark]"]["signature"].endswith("|2 of 3 pairs")
    for form, mark in (("markdown", "†"), ("latex", "\\textdagger")):
        table = evalkit("table", run, "--format", form).stdout
        assert mark in table and "N = 2 of 3 pairs" in table.replace("\\_", "_") and "not all pairs" in table
    assert_explained(
        evalkit("leaderboard", "add", run, "--leaderboards", tmp_path / "boards"), "limited to 2 of 3 pairs"
    )
    gate = evalkit("gate", "--baseline", run, "--candidate", run)
    assert gate.returncode == 3 and "ran 2 of 3 pairs" in gate.stdout + gate.stderr


def test_scored_outputs_say_so_too(evalkit, small_root, protocol, tmp_path):
    arguments = ["-p", protocol, "-d", small_root, "-o", tmp_path, "--workers", 1, *WAYS["missing-ok"]]
    assert evalkit("run", *arguments, "-M", "copy_source", "--no-anchors").returncode == 0
    made = tmp_path / "listed" / "copy_source" / "generated"
    told = evalkit("score", *arguments, "-g", made, "-n", "mine")
    assert told.returncode == 0 and "scored, 2 of 3" in told.stderr and "N = 2 of 3 pairs" in told.stdout


def test_a_part_and_the_whole_are_not_one_row_of_a_table(evalkit, small_root, protocol, tmp_path):
    shared = ["-p", protocol, "-d", small_root, "-o", tmp_path, "--workers", 1, "--no-anchors", *WAYS["missing-ok"]]
    assert evalkit("run", *shared, "-M", "copy_source").returncode == 0
    assert evalkit("run", *shared, "-M", "copy_driving", "--limit", 1).returncode == 0
    runs = [tmp_path / "listed" / name for name in ("copy_source", "copy_driving")]
    assert_explained(evalkit("table", *runs), "cannot share a table", "2 pairs", "1 pairs")
