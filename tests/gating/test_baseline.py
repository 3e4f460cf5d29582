"""Baseline files: they say what the run said, and damage is seen."""

import json

import pytest

from evalkit.base.files import canonical_sha256
from evalkit.errors import RunError
from evalkit.gating.baseline import save_baseline
from evalkit.gating.rules import Rules
from evalkit.gating.side import PairData, read_side
from evalkit.gating.verdict import gate
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import content_of
from tests.gating.conftest import entry, values

AKD = "akd[dlib68]"


@pytest.fixture
def saved(make_side, tmp_path):
    path = tmp_path / "baseline.json"
    save_baseline(make_side("a", values(), drivings=[f"d{i % 9}" for i in range(40)]), path)
    return path


def test_a_file_gives_the_verdict_of_its_run(make_side, saved):
    drivings = [f"d{i % 9}" for i in range(40)]
    worse = values() | {AKD: values()[AKD] * 1.1}
    b = make_side("b", worse, drivings=drivings)
    by_file, by_run = (gate(one, b, Rules()) for one in (read_side(saved), make_side("c", values(), drivings=drivings)))
    assert by_file.metrics == by_run.metrics and by_file.exit_code == 1


def test_it_carries_what_comparisons_need(saved):
    content = json.loads(saved.read_text())
    assert content["schema_version"] == SCHEMA_VERSION and content["summary"]["protocol_hash"] == "a" * 64
    assert content["summary"]["metrics"][AKD]["signature"] == f"{AKD}|v1"
    assert content["run"]["device"] == "cpu" and len(content["pairs"]) == len(content["scores"][AKD]["mean"]) == 40


def outcome(make_run, name, **facts):
    """The data of one pair of a run, p00_c0."""
    folder = make_run(name, values())
    path = folder / "pairs" / "p00_c0.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))
    return read_side(folder)


def test_a_pair_is_the_clips_the_source_frames_and_the_anchor(make_run, tmp_path):
    facts = {"source_frames": [0], "anchor_sha256": "a"}
    sides = [
        outcome(make_run, "one", **facts),
        outcome(make_run, "same", **facts),
        outcome(make_run, "frames", **facts | {"source_frames": [0, 5]}),
        outcome(make_run, "anchor", **facts | {"anchor_sha256": "b"}),
        outcome(make_run, "none", **facts | {"anchor_sha256": None}),
        outcome(make_run, "clip", **facts | {"driving_sha256": "other"}),
    ]
    first, *others = [side.data["p00_c0"] for side in sides]
    assert [first.differs(other) for other in others] == [False, True, True, True, True]
    assert [first.clips == other.clips for other in others] == [True, True, True, True, False]
    save_baseline(sides[0], tmp_path / "baseline.json")
    stored = read_side(tmp_path / "baseline.json").data["p00_c0"]
    assert [stored.differs(other) for other in others] == [False, True, True, True, True]


def test_a_baseline_of_an_earlier_version_has_the_clips_alone(make_run, tmp_path):
    side = outcome(make_run, "one")
    save_baseline(side, tmp_path / "baseline.json")
    content = json.loads((tmp_path / "baseline.json").read_text())
    del content["sha256"]
    for pair in content["pairs"]:
        assert pair.pop("whole") is None
    (tmp_path / "baseline.json").write_text(json.dumps(content | {"sha256": canonical_sha256(content)}))
    # What earlier versions wrote for the clips "s" and "d".
    stored = read_side(tmp_path / "baseline.json").data["p00_c0"]
    assert stored == PairData(canonical_sha256(["s", "d"])[:16])
    assert not stored.differs(outcome(make_run, "two", source_frames=[0]).data["p00_c0"])
    assert stored.differs(outcome(make_run, "three", source_sha256="other", source_frames=[0]).data["p00_c0"])


def test_missing_values_stay_missing(make_side, tmp_path):
    scores = values()
    scores[AKD] = [None, *scores[AKD][1:]]
    save_baseline(make_side("a", scores), tmp_path / "b.json")
    assert read_side(tmp_path / "b.json").scores[AKD]["p00_c0"].mean is None


def test_only_complete_runs(make_side, tmp_path):
    with pytest.raises(RunError, match="has to be complete"):
        save_baseline(make_side("a", values(), complete=False), tmp_path / "b.json")
    with pytest.raises(RunError, match="finished run folder"):
        save_baseline(make_side("c", values(), header={"status": "running"}), tmp_path / "b.json")
    assert not (tmp_path / "b.json").exists()


def edited(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["scores"][AKD]["mean"].__setitem__(0, 99.0),
        lambda c: c["summary"].__setitem__("protocol_hash", "b" * 64),
        lambda c: c.pop("sha256"),
        lambda c: c["pairs"].pop(),
    ],
)
def test_edited_files_are_refused(saved, change):
    edited(saved, change)
    with pytest.raises(RunError, match=r"what its digest says|sha256"):
        read_side(saved)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", "damaged"),
        ("{", "damaged"),
        ("[1]", "expected a JSON object"),
        ('"text"', "expected a JSON object"),
        ("{}", "schema_version"),
        ('{"schema_version": 99}', "Update evalkit"),
        ('{"schema_version": 1}', "evalkit gate save"),
        ('{"schema_version": 1, "value": NaN}', "NaN is not a number"),
    ],
)
def test_what_is_no_baseline(tmp_path, text, phrase):
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(RunError, match=phrase):
        read_side(path)


def test_truncated_files_are_refused(saved):
    saved.write_text(saved.read_text()[:500])
    with pytest.raises(RunError, match="damaged"):
        read_side(saved)


def test_what_is_not_there(tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        read_side(tmp_path / "nothing")
    with pytest.raises(RunError, match="not a run folder"):
        read_side(tmp_path)


def leaderboard(make_run, path, factor, half):
    """A leaderboard entry: a summary with intervals and no scores per pair."""
    summary = json.loads((make_run("board", values()) / "summary.json").read_text())
    for row in summary["metrics"].values():
        row["value"] *= factor
        row["ci_low"], row["ci_high"] = row["value"] - half, row["value"] + half
    path.write_text(json.dumps(summary))
    return read_side(path)


def test_a_leaderboard_entry_is_compared_by_intervals(make_run, make_side, tmp_path):
    means = values()
    bounds = {key: entry(key, list(m), ci_low=m.mean() - 0.01, ci_high=m.mean() + 0.01) for key, m in means.items()}
    b = make_side("b", means, entries=bounds)
    board = leaderboard(make_run, tmp_path / "row.json", 1.0, 0.01)
    assert gate(board, b, Rules()).exit_code == 4
    wide = Rules(precision="warn", metrics={"csim": {"margin": 0.02}})
    verdict = gate(board, b, wide)
    assert verdict.exit_code == 0 and {row.basis for row in verdict.metrics} == {"unpaired"}
    assert any("unpaired" in text for text in verdict.warnings)
    assert any("precision of the baseline is not known" in text for text in verdict.warnings)
    # Half intervals of 0.01 add to 0.014: 0.012 one-sided, which a margin of 0.01 does not exclude.
    assert gate(board, b, Rules(precision="warn")).exit_code == 3


def test_a_loss_within_both_intervals_is_not_proven(make_run, make_side, tmp_path):
    means = values()
    bounds = {key: entry(key, list(m), ci_low=m.mean() - 0.5, ci_high=m.mean() + 0.5) for key, m in means.items()}
    b = make_side("b", means, entries=bounds)
    board = leaderboard(make_run, tmp_path / "row.json", 0.95, 0.5)
    verdict = gate(board, b, Rules(precision="warn", default={"margin": "10%"}))
    assert verdict.exit_code == 3 and {row.status for row in verdict.metrics} == {"not_proven"}


def test_a_leaderboard_row_is_paired(make_side, tmp_path):
    means = values()
    keys = list(means)
    a = make_side("a", means)
    row = content_of(a.summary) | {
        **dict.fromkeys(("tag", "heading", "dataset", "created"), ""),
        "anchor": False,
        "flags": [],
        "trained_on": None,
        "overlap": None,
        "identity": {"checkpoint_sha256": "c", "options": {}},
        "speed": {"fps": None, "machine": "a processor, fp32"}
        | dict.fromkeys(("latency_s", "batch", "peak_memory_bytes"))
        | dict.fromkeys(("warm_up", "peak_memory_of"), ""),
        "provenance": {"evalkit": "0", "commit": None, "dirty": None},
    }
    columns = ["pair", "source_identity", "driving_identity", *keys, *(f"{key} frames" for key in keys)]
    clips = [
        [s.pair, s.source_identity, s.driving_identity, *(a.scores[k][s.pair].mean for k in keys), *(10 for _ in keys)]
        for s in a.scores[AKD].values()
    ]
    path = tmp_path / "row.json"
    path.write_text(json.dumps(row | {"clips": {"columns": columns, "rows": clips}}))
    b = make_side("b", means | {AKD: means[AKD] * 1.1})
    assert gate(read_side(path), b, Rules()).metrics == gate(a, b, Rules()).metrics
    path.write_text(json.dumps(row | {"clips": {"columns": columns, "rows": [clips[0][:-1]]}}))
    with pytest.raises(RunError, match="clips: row 1 is not three names"):
        read_side(path)
