"""Plugins through the command line: named or installed, run, resumed, compared, checked, and broken."""

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from evalkit.base import plugins
from evalkit.doctor.plugged import plugins as doctored
from tests.base.plugs import METRIC, distribution, forget
from tests.e2e.conftest import assert_explained

BROKEN = "METRICS = (1 / 0,)\n"


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.delenv(plugins.VARIABLE, raising=False)


@pytest.fixture
def largest(tmp_path):
    path = tmp_path / "largest.py"
    path.write_text(METRIC)
    return path


@pytest.fixture
def run(evalkit, small_root, protocols, tmp_path):
    def call(*more, metric="largest", workers=1):
        protocol, where = protocols / "small_self.yaml", ("-d", small_root, "-o", tmp_path / "runs")
        return evalkit(
            "run",
            "-p",
            protocol,
            "-M",
            "copy_source",
            "--no-anchors",
            "-m",
            metric,
            "--workers",
            workers,
            *where,
            *more,
        )

    return call


def record(tmp_path, name):
    return json.loads((tmp_path / "runs" / "small_self" / "copy_source" / name).read_text())


def test_a_metric_of_a_file_is_run_shown_and_compared(run, evalkit, largest, tmp_path):
    done = run("--plugin", largest)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "small_self" / "copy_source"
    (used,) = record(tmp_path, "run.json")["plugins"]
    assert used["name"] == "largest.py" and used["version"] is None and used["brings"] == ["metric largest"]
    entry = record(tmp_path, "summary.json")["metrics"]["largest"]
    assert entry["signature"].endswith(f"|v1|code {used['sha256'][:12]}") and entry["value"] > 0
    # The number is read without the plugin, with the decimals of metrics nobody knows.
    assert "Largest" in evalkit("table", folder).stdout

    (scores,) = (folder / "pairs").glob("person0*.parquet")
    written = scores.stat().st_mtime_ns
    assert run("--plugin", largest).returncode == 0 and scores.stat().st_mtime_ns == written

    baseline = tmp_path / "baseline.json"
    assert evalkit("gate", "save", folder, baseline).returncode == 0
    largest.write_text(METRIC.replace(".max(", ".mean("))
    assert run("--plugin", largest).returncode == 0 and scores.stat().st_mtime_ns > written
    assert record(tmp_path, "summary.json")["metrics"]["largest"]["value"] < entry["value"]
    compared = evalkit("gate", "-b", baseline, "-c", folder)
    assert compared.returncode == 4 and "largest has another signature" in compared.stdout + compared.stderr


def test_without_its_plugin_the_name_is_unknown(run, largest):
    assert_explained(run(), "There is no metric called 'largest'")
    assert run("--plugin", largest).returncode == 0
    assert_explained(run(), "There is no metric called 'largest'")


def test_the_option_may_stand_before_the_command_or_in_the_environment(evalkit, largest, monkeypatch):
    def listed(*arguments):
        return [one["plugin"] for one in json.loads(evalkit(*arguments).stdout) if one["id"] == "largest"]

    assert listed("metrics", "list", "--json", "--plugin", largest) == [str(largest)]
    assert listed("--plugin", largest, "metrics", "list", "--json") == [str(largest)]
    assert listed("metrics", "list", "--json") == []
    monkeypatch.setenv(plugins.VARIABLE, str(largest))
    assert listed("metrics", "list", "--json") == [str(largest)]


@pytest.mark.parametrize(
    "command", [("run",), ("score",), ("gate",), ("table",), ("data", "check"), ("plot", "pareto")]
)
def test_every_command_takes_plugins(evalkit, command):
    # Narrow terminals cut the words, never the option.
    assert "--plugin" in evalkit(*command, "--help").stdout


def test_a_broken_file_ends_the_command_in_a_sentence(run, tmp_path):
    path = tmp_path / "broken.py"
    path.write_text(BROKEN)
    done = run("--plugin", path, metric="l1")
    assert_explained(done, f"The plugin {path} cannot be used: ZeroDivisionError", "(broken.py line 1)")
    assert done.stderr.count("broken.py line 1") == 1


def test_a_broken_installed_plugin_stops_nothing(run, evalkit, tmp_path, monkeypatch):
    distribution(tmp_path / "site", "plug-a", {"metrics": {"a": "plug_a:METRICS"}}, {"plug_a.py": BROKEN})
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    done = run(metric="l1")
    assert done.returncode == 0 and "plug-a" not in done.stderr
    said = "The plugin plug-a cannot be used: entry point 'a' of evalkit.metrics: ZeroDivisionError"
    listed = evalkit("metrics", "list")
    assert listed.returncode == 0 and said in listed.stderr and "ssim" in listed.stdout
    assert_explained(run(metric="largest"), "There is no metric called 'largest'", said)
    (state,) = doctored()
    assert state.name == "plug-a" and state.brings == () and "ZeroDivisionError" in state.problems[0]
    forget("plug_a")


def test_the_doctor_knows_what_plugins_bring(tmp_path, monkeypatch):
    distribution(tmp_path / "site", "plug-b", {"metrics": {"b": "plug_b:METRICS"}}, {"plug_b.py": METRIC})
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    (state,) = doctored()
    assert (state.name, state.version, state.brings, state.problems) == ("plug-b", "1.5", ("metric largest",), ())
    forget("plug_b")


def test_what_the_metric_raises_costs_the_pair_and_names_the_plugin(run, largest, tmp_path):
    largest.write_text(METRIC + "\n\ndef wrong(one, other):\n    return other[0]\n\nMETRICS = metric(function=wrong)\n")
    done = run("--plugin", largest)
    assert done.returncode == 1 and "this is a bug" not in done.stderr
    outcome = json.loads(next((tmp_path / "runs" / "small_self" / "copy_source" / "pairs").glob("*.json")).read_text())
    assert outcome["status"] == "failed" and f"The metric largest of the plugin {largest} returned" in outcome["reason"]


def test_what_other_code_of_a_plugin_raises_is_no_bug_of_evalkit(evalkit, tmp_path, small_root):
    path = tmp_path / "data.py"
    path.write_text(
        "from evalkit.datasets import Dataset\n\n\ndef root():\n    return {}['gone']\n\n\n"
        "DATASETS = Dataset('mine', 'Mine', 'MIT', 'Make it.', lambda root: [], default_root=root)\n"
    )
    done = evalkit("data", "check", "mine", "--plugin", path)
    assert_explained(done, f"the plugin {path} raised KeyError: 'gone' (data.py line 5)", "not a bug in evalkit")


def test_a_set_metric_that_fails_costs_only_itself(run, largest, tmp_path):
    wrong = "metric('mean', level=PerSet(), input=('dlib68', 'points'), function=lambda one, other: 1 / 0)"
    largest.write_text(METRIC + f"\nMETRICS = (metric(), {wrong})\n")
    assert run("--plugin", largest, "-m", "mean").returncode == 0
    entries = record(tmp_path, "summary.json")["metrics"]
    assert entries["largest"]["status"] == "ok" and entries["mean"]["status"] == "unavailable"
    assert f"The metric mean of the plugin {largest} raised ZeroDivisionError" in entries["mean"]["reason"]


def test_a_feature_that_is_not_there_is_named(run, evalkit, largest):
    rows = METRIC.replace("check_frames", "check_rows").replace("(1, 2, 3)", "(1, 2)")
    largest.write_text(rows + "\nMETRICS = metric(input=('dlib68', 'nose'))\n")
    assert_explained(run("--plugin", largest), "largest needs 'nose' of dlib68, which gives box, faces, points")
    checked = evalkit("check", "plugin", largest)
    assert checked.returncode == 1
    assert "failed  metric largest: feature exists: it needs 'nose' of dlib68" in checked.stdout


@pytest.mark.slow
def test_worker_processes_know_the_plugins(run, largest, tmp_path):
    assert run("--plugin", largest, workers=2).returncode == 0
    alone = record(tmp_path, "summary.json")
    assert run("--plugin", largest, "--tag", "one").returncode == 0
    tagged = tmp_path / "runs" / "small_self" / "copy_source@one" / "summary.json"
    assert json.loads(tagged.read_text())["metrics"] == alone["metrics"]


def test_a_plugin_is_checked(evalkit, largest, tmp_path):
    done = evalkit("check", "plugin", largest)
    assert done.returncode == 0, done.stdout
    assert "passed  metric largest: direction" in done.stdout and "5 passed, 0 failed, 0 skipped." in done.stdout

    worse = "METRICS = (metric(better='higher'), metric('loose', function=lambda a, b: a.mean((1, 2, 3)) * 0))\n"
    largest.write_text(METRIC + worse)
    done = evalkit("check", "plugin", largest, "--json")
    assert done.returncode == 1
    failed = {(one["subject"], one["check"]) for one in json.loads(done.stdout) if one["state"] == "failed"}
    assert failed == {
        ("metric largest", "direction"),
        ("metric loose", "direction"),
        ("metric loose", "refuses other frames"),
    }

    largest.write_text(BROKEN)
    done = evalkit("check", "plugin", largest)
    assert done.returncode == 1 and f"failed  {largest}: use: ZeroDivisionError" in done.stdout
    assert_explained(evalkit("check", "plugin", tmp_path / "gone.py"), "There is no plugin called")
    assert_explained(evalkit("check", "plugin", "no-such-distribution"), "There is no plugin called")


def test_all_kinds_of_an_installed_plugin_are_checked_by_its_name(evalkit, tmp_path, monkeypatch):
    distribution(
        tmp_path / "site",
        "plug-b",
        {
            "metrics": {"b": "plug_b.things:METRICS"},
            "extractors": {"b": "plug_b.things:EXTRACTORS"},
            "datasets": {"b": "plug_b.things:DATASETS"},
            "methods": {"b": "plug_b.still"},
        },
        {
            "plug_b/__init__.py": "",
            "plug_b/things.py": METRIC.replace("check_frames", "check_rows").replace("(1, 2, 3)", "1")
            + "from evalkit.extractors import Extractor\nfrom evalkit.datasets import Dataset\n\n\n"
            "def load():\n    return lambda frames, upstream: {'mean': frames.mean(axis=(1, 2))}\n\n\n"
            "METRICS = metric(input=('colour', 'mean'))\nEXTRACTORS = Extractor('colour', 'colour|v1', (), load)\n"
            "DATASETS = Dataset('toy', 'Toy', 'MIT', 'Make it.', lambda root: [])\n",
            "plug_b/still/__init__.py": "",
            "plug_b/still/method.yaml": "id: still\ntitle: Still\nkind: baseline\n"
            "licence: MIT\ndescription: No motion.\n",
            "plug_b/still/adapter.py": "import numpy as np\n\n\nclass Still:\n"
            "    def animate(self, sources, driving, motion):\n        for chunk in driving:\n"
            "            yield np.repeat(sources[:1], len(chunk), axis=0)\n\n\n"
            "def build(config):\n    return Still()\n",
        },
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    done = evalkit("check", "plugin", "plug-b")
    assert done.returncode == 0, done.stdout
    for line in ("metric largest: direction", "extractor colour: rows", "dataset toy: facts", "method still: animates"):
        assert f"passed  {line}" in done.stdout
    forget("plug_b")


def test_the_recipe_of_contributing_works(evalkit, tmp_path):
    text = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (source,), (table,) = (re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("python", "toml"))
    (tmp_path / "edges.py").write_text(source)
    done = evalkit("check", "plugin", tmp_path / "edges.py")
    assert done.returncode == 0 and "5 passed, 0 failed, 0 skipped." in done.stdout, done.stdout
    named = tomllib.loads(table)["project"]["entry-points"]
    assert sorted(named) == sorted(f"evalkit.{group}" for group in plugins.GROUPS)
