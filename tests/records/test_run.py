"""Files of a run: those of schema 1 are read, damaged ones end in one sentence, and what is written comes back."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from evalkit.base.files import read_json
from evalkit.base.places import resource_dir
from evalkit.errors import RunError
from evalkit.gating.baseline import save_baseline
from evalkit.gating.rules import Rules
from evalkit.gating.side import read_side
from evalkit.gating.verdict import gate
from evalkit.leaderboard.board import add_entry
from evalkit.leaderboard.entry import make_entry, read_entry, write_entry
from evalkit.records.frame_scores import SCHEMA_VERSION
from evalkit.records.json_record import content_of, sealed, write_record
from evalkit.records.run import Configuration, read_header, read_summary
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.report.build import Options
from evalkit.report.collect import collect
from evalkit.report.write import write_report
from evalkit.tables.explain import explain
from evalkit.tables.table import build_table
from tests.facts import header_facts, metric_facts, summary_facts

OLD = Path(__file__).parents[1] / "data" / "runs_schema1" / "demo_cross"
OLD_RUNS = [OLD / name for name in ("landmark_warp", "copy_driving", "mine")]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "small" / "m"
    path.mkdir(parents=True)
    (path / "summary.json").write_text(json.dumps(summary_facts({"l1": metric_facts()})))
    (path / "run.json").write_text(json.dumps(header_facts()))
    return path


def test_what_was_read_is_written_as_it_was(folder, tmp_path):
    for name, read in (("summary.json", read_summary), ("run.json", read_header)):
        write_record(tmp_path / name, read(folder))
        assert read_json(tmp_path / name) == sealed(read_json(folder / name))


@pytest.mark.parametrize("run", OLD_RUNS, ids=lambda run: run.name)
def test_a_run_of_schema_1_keeps_every_key_and_value(run):
    for name, read in (("summary.json", read_summary), ("run.json", read_header)):
        old = read_json(run / name)
        assert old["schema_version"] == 1
        assert content_of(read(run)) == old | {"schema_version": SCHEMA_VERSION}
    assert len(list(run.glob("pairs/*.json"))) == 2
    for path in run.glob("pairs/*.json"):
        outcome = RunFolder(run).read_outcome(path.stem)
        assert {"schema_version": 1, **dataclasses.asdict(outcome)} == {
            "source_frames": None,
            "original": None,
            "original_sha256": None,
            "truth_sha256": None,
            "notes": (),
            **read_json(path),
        }


def test_readers_take_runs_of_schema_1(tmp_path):
    assert [title for title, _ in build_table(OLD_RUNS).rows] == ["Landmark warp", "Copy driving", "mine"]
    facts = dict(explain(OLD_RUNS[0], "csim").facts)
    assert "2 scored of 12" in facts["Pairs"] and facts["Best pairs"]
    written = write_report(collect(OLD_RUNS), tmp_path / "site", Options(media="none"), lambda pair, became: None)
    assert written.methods == 3 and written.pairs == 2
    verdict = gate(*map(read_side, OLD_RUNS[:2]), Rules())
    assert verdict.exit_code == 3 and "ran 2 of 12 pairs" in verdict.reasons[0]
    for run in OLD_RUNS:
        add_entry(tmp_path / "boards", make_entry(run, tmp_path / "boards", None, force=True), force=True)
        assert read_entry(tmp_path / "boards" / "demo_cross" / f"{run.name}.json").flags


def test_a_header_of_early_schema_1_gets_the_keys_it_lacks(folder):
    content = header_facts(schema_version=1)
    for key in ("updated", "data", "coefficients", "scoring_device"):
        del content[key]
    del content["device"]["threads"]
    content["timings"] = {"fps": 3.0, "frames": 1, "seconds": 1.0}
    (folder / "run.json").write_text(json.dumps(content))
    header = read_header(folder)
    assert (header.updated, header.data, header.scoring_device) == (header.created, None, "cpu")
    assert (header.device.threads, header.timings.latency_s, header.timings.warm_up) == (None, None, "")
    (folder / "run.json").write_text(json.dumps(content | {"schema_version": SCHEMA_VERSION}))
    with pytest.raises(RunError, match=r"run\.json: key 'updated' is missing"):
        read_header(folder)


def test_a_run_of_schema_1_goes_on_with_its_configuration_only(tmp_path):
    shutil.copytree(OLD_RUNS[0], tmp_path / "run")
    held = read_header(tmp_path / "run").configuration
    RunFolder(tmp_path / "run").claim(Configuration(**held.model_dump(exclude_unset=True)))
    RunFolder(tmp_path / "run").claim(Configuration(**held.model_dump()))
    with pytest.raises(RunError, match=r"seed: 0 there, 1 now"):
        RunFolder(tmp_path / "run").claim(held.model_copy(update={"seed": 1}))


def test_committed_rows_and_old_rows_are_read_with_every_value(tmp_path):
    paths = sorted(resource_dir("leaderboards").glob("demo_*/*.json"))
    assert len(paths) == 8
    for path in paths:
        entry = read_entry(path)
        again = dataclasses.replace(entry, path=tmp_path / path.parent.name / path.name)
        write_entry(again)
        rows = {key: value for key, value in read_json(path).items() if key != "sha256"}
        assert read_json(again.path) == sealed(rows | {"schema_version": SCHEMA_VERSION})


def test_an_old_baseline_is_read(tmp_path):
    shutil.copytree(OLD_RUNS[0], tmp_path / "run")
    summary = read_json(tmp_path / "run" / "summary.json") | {"complete": True}
    (tmp_path / "run" / "summary.json").write_text(json.dumps(summary))
    save_baseline(read_side(tmp_path / "run"), tmp_path / "new.json")
    assert read_side(tmp_path / "new.json").scores == read_side(tmp_path / "run").scores
    old = read_json(OLD.parent / "baseline.json")
    assert old["schema_version"] == old["summary"]["schema_version"] == 1
    assert read_side(OLD.parent / "baseline.json").scores == read_side(OLD_RUNS[0]).scores


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"value": None}, "metrics.l1: value is None and status is 'ok'"),
        ({"ci_low": 0.0}, "metrics.l1: of ci_low and ci_high one is null"),
        ({"coverage": 1.5}, "metrics.l1.coverage: .* less than or equal to 1"),
        ({"n": "3"}, "metrics.l1.n: .* valid integer"),
        ({"qqq": 1}, "unknown key 'metrics.l1.qqq', known keys: better, "),
        ({"coverege": 1}, "unknown key 'metrics.l1.coverege', did you mean 'coverage'?"),
    ],
)
def test_a_damaged_summary_names_file_and_key(folder, changes, text):
    (folder / "summary.json").write_text(json.dumps(summary_facts({"l1": metric_facts(**changes)})))
    with pytest.raises(RunError, match=rf"summary\.json: .*{text}"):
        read_summary(folder)


def test_an_outcome_is_checked(folder):
    run = RunFolder(folder)
    run.write_outcome(Outcome("p", "ok", frames=3))
    assert run.read_outcome("p") == Outcome("p", "ok", frames=3) and run.read_outcome("q") is None
    path, content = run.outcome_path("p"), read_json(run.outcome_path("p"))
    for change, text in (({"frames": -1}, "frames"), ({"seconds": True}, "seconds"), ({"status": "fine"}, "status")):
        path.write_text(json.dumps(content | change))
        with pytest.raises(RunError, match=rf"pairs/p\.json: {text}: .* deleted is made again"):
            run.read_outcome("p")
    path.write_text(json.dumps(content | {"batches": 1}))
    with pytest.raises(RunError, match="unknown key 'batches', did you mean 'batch'"):
        run.read_outcome("p")


@pytest.mark.shared
@pytest.mark.parametrize("name", ["n-text", "no-timings", "configuration-list"])
def test_folders_of_strangers_end_in_one_sentence(shared, name):
    run = shared / "cases" / "summary-with-missing-keys" / name
    key = {
        "n-text": r"summary\.json: metrics\..*\.n:",
        "no-timings": r"run\.json: .*timings",
        "configuration-list": "run",
    }
    for read in (
        lambda: build_table([run]),
        lambda: explain(run, "l1"),
        lambda: collect([run]),
        lambda: read_side(run),
    ):
        with pytest.raises(RunError, match=key[name]):
            read()


@pytest.mark.shared
def test_a_metric_without_a_signature_is_never_compared(shared):
    case = shared / "cases" / "gate-passes-a-metric-without-signature"
    good = read_side(case / "run")
    assert gate(good, good, Rules()).exit_code in (0, 3)
    for name in ("no-signature", "null-signature"):
        other = read_side(case / name)
        assert gate(good, other, Rules()).exit_code == gate(other, good, Rules()).exit_code == 4
        with pytest.raises(RunError, match=r"cannot share the column .*no signature"):
            build_table([case / "run", case / name])


def test_keys_that_a_protocol_leaves_out_have_its_own_defaults(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps(header_facts(protocol={"driving": {}})))
    assert read_header(tmp_path).protocol.driving.model_dump() == {
        "start": 0, "stride": 1, "maximum": None, "end_margin": 0,
    }  # fmt: skip
