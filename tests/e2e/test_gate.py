"""`evalkit gate` and `evalkit history` as CI calls them: a planted defect is red, the sound method is green."""

import json
import re
import shutil
import sys
import xml.etree.ElementTree as Xml
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from evalkit.cli import main
from evalkit.cli.app import app
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.protocol.schema import read_protocol
from evalkit.runs.session import resolve_pairs
from tests.e2e.conftest import assert_explained

pytestmark = pytest.mark.slow

PEOPLE, FRAMES = 6, 4
_PROTOCOL = """id: tiny_gate
title: Tiny
task: cross_reenactment
dataset: folder
pairs: {rule: random_cross, count: 12}
driving: {start: 1, stride: 5, maximum: 4}
resolution: 128
metrics: ["csim[dlib]", "apd[landmark]"]
"""
_SOUND = """from baselines.landmark_warp.adapter import build
"""
_DEFECT = """from baselines.landmark_warp.adapter import build as sound


class Leaking:
    def __init__(self, inner):
        self.inner = inner

    def animate(self, sources, driving, motion):
        yield from driving


def build(config):
    return Leaking(sound(config))
"""


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("people")
    for identity in range(PEOPLE):
        frames = render_clip(identity, 0, frames=17, size=128).frames
        video.write_video(root / f"person{identity}" / "take.mkv", [frames], 25)
    return root


@pytest.fixture(scope="session")
def methods(tmp_path_factory) -> Path:
    """`sound` is landmark_warp; `leaking` shows the driving person, so that identity is lost and motion perfect."""
    root = tmp_path_factory.mktemp("gated")
    for name, code in (("sound", _SOUND), ("leaking", _DEFECT)):
        (root / name).mkdir()
        (root / name / "method.yaml").write_text(f"id: {name}\ntitle: {name}\nkind: baseline\nmax_sources: null\n")
        (root / name / "adapter.py").write_text(code)
    return root


@pytest.fixture(scope="session")
def protocol(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("gate_protocol") / "tiny_gate.yaml"
    path.write_text(_PROTOCOL)
    return path


@pytest.fixture(scope="session")
def runs(corpus, methods, protocol, private_cache, tmp_path_factory) -> Path:
    """Runs of both methods, and a baseline file of the sound one beside them."""
    out = tmp_path_factory.mktemp("gate_runs")
    with pytest.MonkeyPatch.context() as patch:
        command = ["evalkit", "run", "-p", protocol, "-d", corpus, "-o", out, "--workers", 1, "--no-anchors"]
        command += ["-M", methods / "sound", "-M", methods / "leaking"]
        patch.setattr(sys, "argv", [str(part) for part in command])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code
    return out / "tiny_gate"


@pytest.fixture
def baseline(runs, evalkit, tmp_path) -> Path:
    path = tmp_path / "baseline.json"
    assert evalkit("gate", "save", runs / "sound", path).returncode == 0
    return path


def test_the_planted_defect_is_red(runs, evalkit, baseline, tmp_path):
    done = evalkit(
        *("gate", "--baseline", baseline, "--candidate", runs / "leaking", "--github"),
        *("--markdown", tmp_path / "c.md", "--junit", tmp_path / "j.xml", "--strips", tmp_path / "strips"),
    )
    assert done.returncode == 1, done
    assert "worse" in done.stdout and "Regression (exit code 1)" in done.stdout
    assert "::error title=Regression::csim[dlib] is worse" in done.stdout
    assert "apd[landmark] is suspicious" in done.stdout
    text = (tmp_path / "c.md").read_text()
    pictures = sorted(path.name for path in (tmp_path / "strips").iterdir())
    assert len(pictures) == 5 and "](" not in text and "in the folder `strips` of the report" in text
    assert Xml.parse(tmp_path / "j.xml").getroot().get("failures") == "2"


def test_the_sound_method_is_green_in_every_form(runs, evalkit, baseline):
    for one in (baseline, runs / "sound"):
        done = evalkit("gate", "--baseline", one, "--candidate", runs / "sound", "--quiet")
        assert (done.returncode, done.stdout) == (0, "")


def test_json_is_the_whole_of_stdout(runs, evalkit, baseline):
    done = evalkit("gate", "-b", baseline, "-c", runs / "leaking", "--json", "--github")
    verdict = json.loads(done.stdout)
    assert verdict["exit_code"] == done.returncode == 1 and verdict["outcome"] == "regression"
    assert verdict["metrics"]["csim[dlib]"]["status"] == "worse" and verdict["rules"]["confidence"] == 0.95
    assert "::error" in done.stderr


def test_in_one_go(corpus, methods, protocol, evalkit, baseline, tmp_path):
    common = ("-p", protocol, "-d", corpus, "-o", tmp_path / "runs", "--workers", 1, "-b", baseline)
    checkpoint = tmp_path / "new.bin"
    checkpoint.write_bytes(b"weights")
    red = evalkit("gate", *common, "-M", methods / "leaking", "--checkpoint", checkpoint, "--stage", "quick", "--json")
    assert red.returncode == 1, red.stderr
    assert json.loads(red.stdout)["candidate"]["checkpoint_sha256"]
    folders = [path.name for path in (tmp_path / "runs" / "tiny_gate").iterdir()]
    assert len(folders) == 1 and folders[0].startswith("leaking@gate-")


def test_one_metric_is_judged_in_one_go(corpus, methods, protocol, evalkit, baseline, tmp_path):
    common = ("gate", "-p", protocol, "-d", corpus, "-o", tmp_path / "runs", "--workers", 1, "-b", baseline, "--json")
    one = evalkit(*common, "-M", methods / "sound", "--metric", "csim[dlib]")
    verdict = json.loads(one.stdout)
    assert one.returncode == 0, one.stderr
    assert {key: row["judged"] for key, row in verdict["metrics"].items()} == {
        "csim[dlib]": True,
        "apd[landmark]": False,
    }
    assert verdict["metrics"]["apd[landmark]"]["candidate"] is None
    other = evalkit(*common, "-M", methods / "sound", "--metric", "aed[landmark]")
    assert_explained(other, "metric of the baseline", "'aed[landmark]'", "apd[landmark]")


def test_a_few_pairs_and_the_anchors_in_one_go(corpus, methods, protocol, evalkit, baseline, tmp_path):
    anchored = tmp_path / "tiny_gate.yaml"
    anchored.write_text(_PROTOCOL + "anchors: [copy_source]\n")
    common = ("gate", "-p", anchored, "-d", corpus, "-o", tmp_path / "runs", "--workers", 1, "-b", baseline)
    done = evalkit(*common, "-M", methods / "sound", "--limit", 2, "--tag", "few", "--anchors")
    assert done.returncode == 3 and "candidate ran 2 of 12 pairs" in done.stdout
    made = {path.name: len(list(path.glob("pairs/*.json"))) for path in (tmp_path / "runs" / "tiny_gate").iterdir()}
    assert made == {"copy_source": 2, "sound@few": 2}
    quick = evalkit(*common, "-M", methods / "sound", "--stage", "quick", "--pair", "x")
    assert_explained(quick, "--stage quick chooses the pairs itself", "--pair")


def test_the_gate_takes_every_option_of_a_run():
    run, gate = (get_command(app).commands[name].params for name in ("run", "gate"))
    options = [{option for each in params for option in each.opts} for params in (run, gate)]
    assert options[0] - options[1] == {"--shard"}  # a part of the pairs has no verdict


@pytest.mark.parametrize("given", [("--limit", 2), ("-m", "csim[dlib]"), ("--anchors",), ("-o", "runs"), ("--seed", 0)])
def test_options_that_would_change_nothing_are_refused(runs, evalkit, given):
    done = evalkit("gate", "-b", runs / "sound", "-c", runs / "sound", *given)
    long = {"-m": "--metric", "-o": "--out"}.get(given[0], given[0])
    assert_explained(done, "is a finished run", f"{long} would have no effect", "--protocol")


def write_coefficients(path, frames, turn):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, expression_params=np.zeros((frames, 50)), pose_params=np.full((frames, 3), turn))


def test_in_one_go_with_coefficients_that_a_user_brings(corpus, evalkit, make_method, tmp_path):
    protocol, smirk = tmp_path / "tiny_gate.yaml", tmp_path / "smirk"
    protocol.write_text(_PROTOCOL.replace('"csim[dlib]", "apd[landmark]"', '"apd[smirk]"'))
    copy = make_method("copy", "for chunk in driving:\n    yield chunk")
    for pair in resolve_pairs(read_protocol(protocol), corpus):
        write_coefficients(smirk / "driving" / f"{pair.driving.id}.npz", 17, 0.2)
        spread = 0.01 * (len(list(smirk.rglob("*.npz"))) % 5)
        for name, turn in (("copy", 0.3), ("copy@same", 0.3), ("copy@worse", 0.4)):
            write_coefficients(smirk / name / f"{pair.id}.npz", FRAMES, turn + spread)
    common = ("-p", protocol, "-d", corpus, "-o", tmp_path / "runs", "-M", copy, "--workers", 1)
    brought = ("--coefficients", f"smirk={smirk}")
    assert evalkit("run", *common, *brought).returncode == 0
    gated = ("gate", "-b", tmp_path / "runs" / "tiny_gate" / "copy", *common, "--json", "--max-failures", 0)
    codes = [evalkit(*gated, *brought, "--tag", tag).returncode for tag in ("same", "worse")]
    assert codes == [0, 1]
    without = evalkit(*gated, "--tag", "without")
    assert without.returncode == 3 and "apd[smirk]" in without.stdout
    header = json.loads((tmp_path / "runs" / "tiny_gate" / "copy@same" / "run.json").read_text())
    assert header["scoring_device"] == "cpu" and header["configuration"]["seed"] == 0
    seeded = evalkit(*gated, *brought, "--tag", "same", "--seed", 1)
    assert seeded.returncode == 3 and "seed: 0 there, 1 now" in seeded.stdout
    absent = evalkit(*gated, *brought, "--scoring-device", "gpu")
    assert_explained(absent, "--scoring-device 'gpu'", "cuda")


def test_in_one_go_refuses_before_it_runs(corpus, methods, protocol, evalkit, baseline, tmp_path):
    other = tmp_path / "tiny_gate.yaml"
    other.write_text(_PROTOCOL.replace("count: 12", "count: 11"))
    done = evalkit("gate", "-p", other, "-d", corpus, "-o", tmp_path / "runs", "-b", baseline, "-M", methods / "sound")
    assert done.returncode == 4 and "protocols differ" in done.stdout and not (tmp_path / "runs").exists()


def test_the_quick_stage_stops_early_when_it_is_certain(corpus, protocol, evalkit, make_method, tmp_path):
    big = tmp_path / "tiny_gate.yaml"
    big.write_text(_PROTOCOL.replace("count: 12", "count: 24").replace(', "apd[landmark]"', ""))
    still = make_method("still", "for chunk in driving:\n    yield np.repeat(sources[:1], len(chunk), axis=0)")
    out = tmp_path / "runs"
    assert evalkit("run", "-p", big, "-d", corpus, "-o", out, "-M", still, "--workers", 1).returncode == 0
    rules = tmp_path / "gate.yaml"
    rules.write_text("cluster: pair\n")
    done = evalkit(
        *("gate", "-p", big, "-d", corpus, "-o", tmp_path / "new", "-b", out / "tiny_gate" / "still", "-M", still),
        *("--rules", rules, "--stage", "quick", "--workers", 1, "--json"),
    )
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["stage"] == "quick, look 1"
    folder = next((tmp_path / "new" / "tiny_gate").iterdir())
    assert len(list((folder / "pairs").glob("*.json"))) == 12


def test_what_cannot_be_run_is_incomplete(methods, protocol, evalkit, baseline, tmp_path):
    (tmp_path / "empty").mkdir()
    files = ("--markdown", tmp_path / "c.md", "--junit", tmp_path / "j.xml", "--history", tmp_path / "h.jsonl")
    done = evalkit("gate", "-p", protocol, "-d", tmp_path / "empty", "-b", baseline, "-M", methods / "sound", *files)
    assert done.returncode == 3 and "The candidate could not be run" in done.stdout and "Traceback" not in done.stderr
    assert "could not be run" in (tmp_path / "c.md").read_text() and "None" not in (tmp_path / "c.md").read_text()
    assert Xml.parse(tmp_path / "j.xml").getroot().get("errors") == "1"
    assert json.loads((tmp_path / "h.jsonl").read_text())["exit_code"] == 3


@pytest.mark.parametrize("stage", ["full", "quick"])
def test_renamed_people_are_refused_before_it_runs(corpus, methods, protocol, evalkit, baseline, tmp_path, stage):
    shutil.copytree(corpus, tmp_path / "data")
    (tmp_path / "data" / "person0").rename(tmp_path / "data" / "person9")
    common = ("-p", protocol, "-d", tmp_path / "data", "-o", tmp_path / "runs", "-M", methods / "sound")
    done = evalkit("gate", *common, "-b", baseline, "--stage", stage)
    assert done.returncode == 4 and "only in the baseline: person0_take" in done.stdout, done
    assert "only now: " in done.stdout and not (tmp_path / "runs").exists()


def test_wrong_rules_are_refused_before_it_runs(corpus, methods, protocol, evalkit, baseline, tmp_path):
    rules = tmp_path / "gate.yaml"
    rules.write_text("metrics: {apdd: {absolute: 0.1}}")
    common = ("-p", protocol, "-d", corpus, "-o", tmp_path / "runs", "-b", baseline, "-M", methods / "sound")
    assert_explained(evalkit("gate", *common, "--rules", rules), "'apdd'", "apd")
    assert not (tmp_path / "runs").exists()


def test_the_verdict_is_told_before_a_file_that_cannot_be_written(runs, evalkit, baseline, tmp_path):
    (tmp_path / "file").write_text("")
    done = evalkit("gate", "-b", baseline, "-c", runs / "leaking", "--markdown", tmp_path / "file" / "c.md")
    assert done.returncode == 2 and "Regression (exit code 1)" in done.stdout and "cannot be written" in done.stderr


def test_a_limited_run_is_incomplete(corpus, methods, protocol, evalkit, baseline, tmp_path):
    limited = ("-p", protocol, "-d", corpus, "-o", tmp_path, "-M", methods / "sound", "--workers", 1, "--limit", 2)
    assert evalkit("run", *limited, "--no-anchors").returncode == 0
    done = evalkit("gate", "-b", baseline, "-c", tmp_path / "tiny_gate" / "sound")
    assert done.returncode == 3 and "candidate ran 2 of 12 pairs" in done.stdout


def test_failed_pairs_are_incomplete(corpus, protocol, evalkit, make_method, runs, tmp_path):
    body = "if sources[0].mean() > driving[0].mean():\n    raise ValueError('broken')\nyield driving"
    broken = make_method("broken", body)
    run = evalkit("run", "-p", protocol, "-d", corpus, "-o", tmp_path, "-M", broken, "--workers", 1, "--no-anchors")
    assert run.returncode == 1 and "pairs failed" in run.stderr
    done = evalkit("gate", "-b", runs / "sound", "-c", tmp_path / "tiny_gate" / "broken")
    assert done.returncode == 3 and "failed" in done.stdout


def test_usage_errors(runs, evalkit, baseline, tmp_path):
    sound = runs / "sound"
    assert_explained(evalkit("gate", "--candidate", sound), "--baseline is missing")
    assert_explained(evalkit("gate", "--baseline", sound), "--candidate RUN")
    assert_explained(evalkit("gate", "-b", sound, "-c", sound, "-p", "demo_gate"), "not both")
    assert_explained(evalkit("gate", "-b", tmp_path / "none.json", "-c", sound), "does not exist")
    rules = tmp_path / "gate.yaml"
    rules.write_text("metrics: {csm: {absolute: 0.1}}")
    assert_explained(evalkit("gate", "-b", sound, "-c", sound, "--rules", rules), "'csm'", "csim")
    baseline.write_text(baseline.read_text().replace("0.9", "0.8", 1))
    assert_explained(evalkit("gate", "-b", baseline, "-c", sound), "what its digest says")


def test_a_bug_is_not_a_regression(runs, evalkit, monkeypatch):
    def bug(path):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("evalkit.gating.side.read_side", bug)
    done = evalkit("gate", "-b", runs / "sound", "-c", runs / "sound")
    assert done.returncode == 70 and "this is a bug in evalkit" in done.stderr and "a bug" in done.stderr


def test_history_and_power(runs, evalkit, baseline, tmp_path):
    lines, verdict = tmp_path / "h.jsonl", tmp_path / "v.json"
    for commit, name in (("aaa", "sound"), ("bbb", "leaking")):
        evalkit("gate", "-b", baseline, "-c", runs / name, "-q", "--history", lines, "--commit", commit)
    verdict.write_text(evalkit("gate", "-b", baseline, "-c", runs / "leaking", "--json").stdout)
    done = evalkit("history", lines, "--add", verdict, "--commit", "ccc", "--out", tmp_path / "site", "--json")
    assert done.returncode == 0, done.stderr
    assert next(row["commits"] for row in json.loads(done.stdout) if row["method"] == "leaking") == ["bbb", "ccc"]
    assert "bbb" in (tmp_path / "site" / "index.html").read_text()
    done = evalkit("report", runs / "sound", "--history", lines, "--media", "none", "--out", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    assert 'href="history.html#line-0"' in (tmp_path / "report" / "index.html").read_text()
    asked = ("--effect", "csim=0.05", "--effect", "apd=50%")
    done = evalkit("gate", "power", "-b", runs / "sound", "-c", runs / "leaking", *asked, "--json")
    told = json.loads(done.stdout)
    assert (
        [row["id"] for row in told["effects"]]
        == ["csim[dlib]", "apd[landmark]"]
        == [row["id"] for row in told["margins"]]
    )
    (tmp_path / "gate.yaml").write_text(told["rules"])
    proposed = evalkit("gate", "-b", baseline, "-c", runs / "sound", "--rules", tmp_path / "gate.yaml", "--quiet")
    assert proposed.returncode == 0 and "primary: [" in told["rules"]
    printed = evalkit("gate", "power", "-b", runs / "sound", "-c", runs / "leaking").stdout
    assert "Can prove" in printed and "margin:" in printed
    assert_explained(evalkit("gate", "power", "-b", runs / "sound", "-c", runs / "leaking", "-e", "csim"), "csim=0.01")


def test_the_action_and_the_examples_name_real_options(evalkit):
    root = Path(__file__).resolve().parents[2]
    files = [root / "action.yml", *sorted((root / "docs" / "ci").iterdir())]
    helped = evalkit("gate", "--help").stdout
    others = re.compile(r"\b(pip|gh|git|jq|json\.tool|evalkit cache)\b|(cpu|pinned)=\(")
    lines = [line for path in files for line in path.read_text().splitlines() if not others.search(line)]
    words = [word for line in lines for word in line.replace('"', " ").replace("(", " ").split()]
    options = {word for word in words if word.startswith("--") and word[2:].replace("-", "").isalpha()}
    assert {"--baseline", "--markdown", "--link-base", "--checkpoint"} <= options
    assert {option for option in options if option not in helped} <= {"--out"}
