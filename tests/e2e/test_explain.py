"""`evalkit explain` and `evalkit cache` on a real run."""

import json
import shutil

import pytest

from tests.e2e.conftest import assert_explained
from tests.fakes import edit_record


@pytest.fixture(scope="module")
def finished(evalkit, small_root, protocols, tmp_path_factory):
    """A run, to be read only."""
    out = tmp_path_factory.mktemp("finished")
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", "copy_driving", "-o", out)
    assert evalkit("run", *arguments, "--workers", "1").returncode == 0
    return out / "small_self" / "copy_driving"


@pytest.fixture(scope="module")
def timed(evalkit, small_root, protocols, make_method, tmp_path_factory):
    """A run of a method that answers two frames at a time, to be read only."""
    out = tmp_path_factory.mktemp("timed")
    body = "for chunk in driving:\n    for start in range(0, len(chunk), 2):\n        yield chunk[start:start + 2]"
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", make_method("halves", body))
    assert evalkit("run", *arguments, "-m", "l1", "-o", out, "--workers", "1").returncode == 0
    return out / "small_self" / "halves"


def test_says_what_a_number_is(evalkit, finished):
    facts = json.loads(evalkit("explain", finished, "csim", "--json").stdout)["facts"]
    assert facts["Signature"].startswith("csim[dlib]|") and "12 used, coverage 100.00%" in facts["Frames"]
    assert "person" in facts["Best pairs"] and "3 scored of 3" in facts["Pairs"]


def test_says_with_how_many_threads_a_speed_was_reached(evalkit, timed, tmp_path):
    header = json.loads((timed / "run.json").read_text())
    assert header["device"].keys() == {"type", "name", "threads"}
    device = header["device"] | {"threads": 2}
    changed = shutil.copytree(timed, tmp_path / "halves")
    edit_record(changed / "run.json", device=device)
    assert json.loads(evalkit("explain", changed, "fps", "--json").stdout)["facts"]["Device"].endswith(", threads: 2")


@pytest.mark.parametrize(("name", "unit"), [("fps", "frames/s"), ("latency", "ms"), ("peak_memory", "MB")])
def test_says_what_a_cost_is(evalkit, timed, name, unit):
    said = json.loads(evalkit("explain", timed, name, "--json").stdout)
    assert said["metric"] == name and said["unit"] == unit and said["value"] > 0
    facts = said["facts"]
    assert facts["Value"].endswith(unit) and facts["Device"].startswith("cpu, ") and "precision fp32" in facts["Method"]
    assert facts["Frames"].startswith("12 in ") and facts["Frames"].endswith("2 per step")
    assert "first step" in facts["Warm-up"] and "resident memory" in facts["Memory is"]


def test_a_cost_nobody_measured(evalkit, finished):
    assert json.loads(evalkit("explain", finished, "latency", "--json").stdout)["facts"]["Value"] == "not measured"


def test_costs_in_a_table(evalkit, timed):
    text = evalkit("table", timed, "--costs").stdout
    assert "| FPS ↑ | Latency (ms) ↓ | Memory (MB) ↓ |" in text and "Frames per step: halves 2." in text
    assert "Latency" not in evalkit("table", timed).stdout


def test_says_what_differs_from_the_code_it_follows(evalkit, finished):
    facts = json.loads(evalkit("explain", finished, "akd", "--json").stdout)["facts"]
    assert facts["Known differences"] == "The FOMM line takes FAN's landmarks, not dlib's."
    assert "Known differences" not in json.loads(evalkit("explain", finished, "ssim", "--json").stdout)["facts"]


def test_unknown_metric_and_unfinished_run(evalkit, finished):
    assert_explained(evalkit("explain", finished, "csimm"), "no metric in this run called 'csimm'", "csim[dlib]")
    assert_explained(evalkit("explain", finished.parent, "csim"), "is not a finished run")


def test_the_cache_can_be_listed_and_emptied(evalkit, small_root, protocols, tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", "copy_driving", "-o", tmp_path)
    assert evalkit("run", *arguments, "-m", "csim[dlib]", "--no-anchors", "--workers", "1").returncode == 0
    held = json.loads(evalkit("cache", "ls", "--json").stdout)
    assert held["files"] > 0 and held["bytes"] > 0
    assert evalkit("cache", "gc", "--days", "0").stdout.startswith(f"removed {held['files']} feature files")
    assert json.loads(evalkit("cache", "ls", "--json").stdout)["files"] == 0
