"""Methods in environments of their own, from the command line to the table."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.method.foreign.drop_in import evalkit_worker
from evalkit.runs.one_pair import Difference
from tests.e2e.conftest import FRAMES, assert_explained

TOY = """
from evalkit_worker import serve


def load(options):
    return int(options["level"])


def animate(model, pair):
    for frame in pair["driving"]:
        yield frame[None] // 2 + model


serve(load, animate)
"""
CARD = """
id: toy
title: Toy
description: Darkens the driving frames.
licence: none
kind: external
options:
  level:
    default: "7"
    help: What is added.
external:
  mode: worker
  driving: {form: array}
  steps:
    - name: serve
      command: ["{python}", toy.py]
"""


@pytest.fixture
def toy(tmp_path):
    """A card and a clone with a worker."""
    card, clone = tmp_path / "card", tmp_path / 'a clone\'s "root"'
    card.mkdir()
    clone.mkdir()
    (card / "method.yaml").write_text(CARD)
    (clone / "toy.py").write_text(TOY)
    shutil.copy(evalkit_worker.__file__, clone)
    return card, clone


@pytest.fixture
def run(evalkit, small_root, protocols, tmp_path):
    def call(card: Path, clone: Path, *more: str):
        protocol = ("-p", str(protocols / "small_self.yaml"), "-d", str(small_root), "--out", str(tmp_path / "runs"))
        place = ("--option", f"clone={clone}", "--option", f"python={sys.executable}")
        return evalkit("run", *protocol, "-M", str(card), "--no-anchors", "-m", "l1", "--workers", "1", *place, *more)

    return call


def test_a_worker_runs_through_the_command_line(run, toy, tmp_path):
    done = run(*toy, "--option", "level=9")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "small_self" / "toy"
    header = json.loads((folder / "run.json").read_text())
    assert header["configuration"]["options"] == {"level": "9"} and "commit" not in header["configuration"]
    assert header["timings"]["frames"] == 3 * (FRAMES - 1) and header["timings"]["batch"] == 1
    assert "inside the worker" in header["timings"]["warm_up"]
    assert header["timings"]["peak_memory_bytes"] > 1 << 20 and "all processes" in header["timings"]["peak_memory_of"]
    assert len(list((folder / "logs").glob("*.txt"))) == 3


def test_a_missing_clone_ends_the_run_before_it_begins(run, toy, tmp_path):
    assert_explained(run(toy[0], tmp_path / "nowhere", "--anchors"), "there is no folder", "clone")
    assert not list((tmp_path / "runs").rglob("pairs/*.json"))  # nor were the anchors run, which come first


def test_a_new_method_runs_as_it_is_written(evalkit, tmp_path):
    folder = tmp_path / "mine"
    assert evalkit("methods", "new", "mine", "--external", "--out", folder).returncode == 0
    changed = [line for file in ("method.yaml", "worker.py") for line in (folder / file).read_text().splitlines()]
    assert sum("change" in line for line in changed) == 4 and len(changed) <= 45
    place = ("--option", f"clone={tmp_path}", "--option", f"python={sys.executable}", "--device", "cpu")
    done = evalkit("methods", "try", folder, "--out", tmp_path / "out", "--frames", "3", "--size", "64", *place)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_file() and (tmp_path / "out" / "mine.mkv").is_file()
    assert_explained(evalkit("methods", "new", "mine", "--out", folder), "is there already")
    assert_explained(evalkit("methods", "new", "Not Mine"), "expected an id")


def test_a_native_method_can_be_begun_as_well(evalkit, tmp_path):
    assert evalkit("methods", "new", "mine", "--out", tmp_path / "mine").returncode == 0
    done = evalkit("methods", "try", tmp_path / "mine", "--out", tmp_path / "out", "--frames", "3", "--size", "64")
    assert done.returncode == 0, done.stderr


def test_two_methods_are_compared(evalkit, toy, tmp_path):
    clone = ("--option-a", f"clone={toy[1]}", "--option-a", f"python={sys.executable}")
    how = ("--out", tmp_path / "out", "--frames", "3", "--size", "64", "--device", "cpu", "--json")
    done = evalkit("methods", "compare", toy[0], "copy_driving", *clone, *how)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["verdict"] == "different" and len(found["frames"]) == 3
    shutil.rmtree(tmp_path / "out")
    assert_explained(evalkit("methods", "compare", "copy_driving", "fomm_official", *how), "fomm_official: expected")
    assert not (tmp_path / "out").exists()
    again = evalkit("methods", "compare", "copy_driving", "copy_driving", *how)
    assert again.returncode == 0 and json.loads(again.stdout)["largest"] == 0
    assert Path(found["picture"]).is_file()


def test_the_doctor_says_what_is_missing(evalkit, tmp_path):
    clone = tmp_path / "clone"
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / "demo.py").write_text("import argparse\n")
    done = evalkit("methods", "doctor", "fsrt_official", "--option", f"clone={clone}", "--json")
    found = {(one["what"], one["state"]) for one in json.loads(done.stdout)}
    assert done.returncode == 1
    assert {("clone", "ok"), ("python", "missing"), ("weights", "missing"), ("step demo", "look")} <= found
    assert_explained(evalkit("methods", "doctor", "fsrt_official"), "$EVALKIT_FSRT_OFFICIAL_CLONE")
    assert_explained(evalkit("methods", "doctor", "fomm"), "no external method")


def test_setup_prints_the_steps_and_runs_none(evalkit):
    done = evalkit("methods", "setup", "hyperreenact_official")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("git clone https://github.com/StelaBou/HyperReenact") and "checkout 1b66485" in lines[1]
    other = evalkit("methods", "setup", "hyperreenact_official", "--python", "/opt/python3.9/bin/python")
    assert "uv venv --python /opt/python3.9/bin/python" in other.stdout and "3.8" not in other.stdout
    assert lines[2].startswith("uv venv --python 3.8") and "-r " in lines[3]
    assert any("hypernetwork.pt" in line for line in lines) and "doctor" in lines[-1]
    assert not Path("hyperreenact_official").exists()


def test_another_commit_is_noted_or_refused(run, toy, tmp_path):
    card, clone = toy
    git = ["git", "-C", str(clone), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    text = CARD.replace("  mode: worker\n", "  mode: worker\n  commit: deadbeef00\n")
    (card / "method.yaml").write_text(text)
    assert_explained(run(card, clone, "--strict-commit"), "is at commit", "deadbeef00", "leave out --strict-commit")
    assert run(card, clone, "--limit", "1").returncode == 0
    folder = tmp_path / "runs" / "small_self" / "toy"
    commit = json.loads((folder / "run.json").read_text())["configuration"]["commit"]
    assert len(commit) == 40
    notes = [json.loads(path.read_text())["notes"] for path in folder.glob("pairs/*.json")]
    assert len(notes) == 1 and "was checked with deadbeef00" in notes[0][-1]
    (clone / "toy.py").write_text(TOY.replace("// 2", "// 3"))
    assert_explained(run(card, clone, "--limit", "1"), "commit")


MANY = """
import json, os, shutil, sys
pairs = json.load(open(sys.argv[1]))["pairs"]
with open("calls.txt", "a") as file:
    file.write("%d " % len(pairs))
for index, pair in enumerate(pairs):
    if index == 2 and os.path.exists("crash"):
        os.remove("crash")
        os.abort()
    shutil.copytree(pair["driving"], pair["output"])
"""


def test_one_command_for_a_run_and_a_crash_that_costs_one_pair(run, tmp_path):
    card, clone = tmp_path / "card", tmp_path / "clone"
    card.mkdir()
    clone.mkdir()
    (clone / "many.py").write_text(MANY)
    (clone / "crash").touch()
    external = """  mode: manifest
  driving: {form: frames, path: driving}
  steps: [{name: run, command: ["{python}", many.py, "{manifest}"]}]
  output: {path: ["{work}/out"], form: frames}
"""
    (card / "method.yaml").write_text(CARD.partition("  mode:")[0] + external)
    run(card, clone)
    folder = tmp_path / "runs" / "small_self" / "toy"
    outcomes = [json.loads(path.read_text()) for path in sorted(folder.glob("pairs/*.json"))]
    assert sorted(outcome["status"] for outcome in outcomes) == ["failed", "ok", "ok"]
    assert (clone / "calls.txt").read_text() == "3 "
    reason = next(outcome["reason"] for outcome in outcomes if outcome["status"] == "failed")
    assert "was ended by signal 6 and wrote no result for this pair" in reason
    assert run(card, clone).returncode == 0
    assert (clone / "calls.txt").read_text() == "3 1 "


def test_verdicts():
    def of(mean: float, most: float, largest: int) -> str:
        return Difference(mean, most, largest, ()).verdict.partition(":")[0]

    assert [of(0.2, 1, 1), of(2.9, 63, 190), of(3.1, 20, 40), of(0.5, 65, 70)] == [
        "the same",
        "close",
        "different",
        "different",
    ]
