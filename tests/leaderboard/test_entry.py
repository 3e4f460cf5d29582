"""Rows: what is kept of a run, what is refused, and what a forced row says."""

import json

import pytest

from evalkit.errors import RunError
from evalkit.leaderboard.entry import make_entry, overlaps, read_entry, write_entry

METRICS = {"csim[x]": 0.5, "aed[x]": 0.2, "fid": 30.0}


def test_a_row_comes_back_as_it_was_written(run, boards):
    entry = make_entry(run("a@wide", METRICS, fps=3.0, spread=0.1), boards, ["VoxCeleb1 (train)"])
    write_entry(entry)
    assert entry.path == boards / "small" / "a@wide.json"
    assert read_entry(entry.path) == entry
    assert (entry.row.tag, entry.row.overlap, entry.flags) == ("wide", True, ())
    assert set(entry.clips.values) == {"csim[x]", "aed[x]"} and len(entry.clips.pairs) == 12
    assert entry.clips.values["csim[x]"][0] == (pytest.approx(0.5 - 0.15), 10)


def test_one_pair_is_one_line(run, boards):
    entry = make_entry(run("a", METRICS), boards, None)
    write_entry(entry)
    lines = entry.path.read_text().splitlines()
    assert sum('"anna--' in line for line in lines) == 3


UNFIT = {
    "limited": (
        {"complete": False, "pairs": {"protocol": 12, "run": 3, "scored": 3, "failed": []}},
        {},
        "limited to 3 of 12",
    ),
    "partial": (
        {"complete": False, "pairs": {"protocol": 12, "run": 12, "scored": 11, "failed": ["anna--bela"]}},
        {},
        "partial, 1 of 12 pairs failed",
    ),
    "dirty": ({}, {"provenance": {"dirty": True}}, r"made from changed code \(commit ffffffff with edits\)"),
    "random": ({}, {"configuration": {"random_weights": True}}, "random weights"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_unfit_runs_are_refused_or_marked(run, boards, case):
    summary, header, reason = UNFIT[case]
    folder = run("a", METRICS, summary=summary, header=header)
    with pytest.raises(RunError, match=f"not fit for a leaderboard: {reason}.*--force"):
        make_entry(folder, boards, None)
    entry = make_entry(folder, boards, None, force=True)
    assert len(entry.flags) == 1 and not entry.ranked


@pytest.mark.parametrize(
    ("status", "reason"), [("low_coverage", r"csim\[x\] 40.0%"), ("nothing_scored", r"scored for csim\[x\]")]
)
def test_low_coverage_is_refused(run, boards, status, reason):
    folder = run("a", METRICS)
    summary = json.loads((folder / "summary.json").read_text())
    summary["metrics"]["csim[x]"] |= {"status": status, "coverage": 0.4}
    if status == "nothing_scored":
        summary["metrics"]["csim[x]"]["value"] = None
    (folder / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(RunError, match=reason):
        make_entry(folder, boards, None)


def test_all_reasons_are_named_at_once(run, boards):
    summary, header = UNFIT["partial"][0], UNFIT["dirty"][1]
    entry = make_entry(run("a", METRICS, summary=summary, header=header), boards, None, force=True)
    assert len(entry.flags) == 2


def test_a_newer_or_damaged_file_is_refused(run, boards):
    entry = make_entry(run("a", METRICS), boards, None)
    write_entry(entry)
    content = json.loads(entry.path.read_text())
    del content["sha256"]
    entry.path.write_text(json.dumps(content | {"schema_version": 99}))
    with pytest.raises(RunError, match="written with schema 99"):
        read_entry(entry.path)
    for damage in ("{half", "[]", json.dumps({key: content[key] for key in content if key != "clips"})):
        entry.path.write_text(damage)
        with pytest.raises(RunError, match=r"a\.json: "):
            read_entry(entry.path)
    entry.path.write_text(json.dumps(content | {"protocol": "other"}))
    with pytest.raises(RunError, match="holds a result of other"):
        read_entry(entry.path)


@pytest.mark.parametrize(
    ("trained", "dataset", "expected"),
    [
        (["VoxCeleb1"], "voxceleb1", True),
        (["VoxCeleb"], "voxceleb1", True),
        (["VoxCeleb2 (train)", "HDTF"], "hdtf", True),
        (["CelebV-HQ"], "celebv_hq", True),
        (["CelebV"], "celebv_hq", False),
        (["VoxCeleb2"], "voxceleb1", False),
        (["", "(none)"], "voxceleb1", False),
        ([], "voxceleb1", False),
    ],
)
def test_overlap_with_the_training_data(trained, dataset, expected):
    assert overlaps(trained, dataset) is expected


def test_a_method_without_a_card_states_nothing(run, boards):
    assert make_entry(run("nobody", METRICS), boards, None).row.overlap is None
    assert make_entry(run("copy_source", METRICS), boards, None).row.overlap is False
