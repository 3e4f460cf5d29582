"""`evalkit doctor` on this machine."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from evalkit.base.extras import CORE, EXTRAS, extra_of
from evalkit.doctor import lacking
from evalkit.doctor.facts import Diagnosis
from evalkit.doctor.folders import describe
from evalkit.doctor.lacking import first_command, grouped, lacking_methods, lacking_metrics


@pytest.mark.slow
def test_the_page_as_json(tmp_path):
    done = subprocess.run([sys.executable, "-m", "evalkit", "doctor", "--json"], capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert set(found) == {field.name for field in fields(Diagnosis)} | {"healthy"}
    assert done.returncode == (0 if found["healthy"] else 1), done.stderr
    modules = [one["module"] for one in found["libraries"]]
    assert modules == [*CORE, *(module for members in EXTRAS.values() for module in members)]
    core = {one["state"] for one in found["libraries"] if one["extra"] is None}
    assert core == {"ok"} and found["ffmpeg"]["encoders"] == {"ffv1": True, "libx264rgb": True}
    assert found["compute"]["devices"] or found["compute"]["reason"]
    assert all(Path(path).is_dir() for path in found["shipped"].values())


def test_every_key_is_documented():
    text = (Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
    assert [field.name for field in fields(Diagnosis) if f"`{field.name}`" not in text] == []


def test_the_first_command_has_all_it_needs():
    assert first_command() == []


def test_the_first_command_runs_without_the_networks_of_extras(monkeypatch):
    monkeypatch.setattr(lacking, "missing", lambda names: "absent" if list(names) else None)
    monkeypatch.setattr(lacking, "missing_modules", lambda names: next((n for n in names if extra_of(n)), None))
    lacks = {name for one in lacking_metrics() for name in one.names}
    assert {"csim[mobilefacenet192]", "apd[mediapipe]", "kid[efficientnet-lite0]"} <= lacks
    assert not lacks & {"csim[dlib]", "apd[landmark]", "aed[landmark]"} and first_command() == []


def test_what_lacks_the_same_stands_together():
    found = grouped([("weights", "a", "x"), ("weights", "b", "y"), ("weights", "c", "x"), ("library", "a", "x")])
    assert [(one.kind, one.names) for one in found] == [
        ("weights", ("a", "c")),
        ("weights", ("b",)),
        ("library", ("a",)),
    ]


def test_metrics_and_methods_that_lack_something():
    metrics = {name: one for one in lacking_metrics() for name in one.names}
    assert metrics["aed[emoca]"].kind == "coefficients" and "csim[dlib]" not in metrics
    assert "weights fetch" in metrics["fid"].remedy
    methods = {name: one for one in lacking_methods() for name in one.names}
    assert methods["fomm"].kind == "checkpoint" and "sfd" not in methods and "copy_source" not in methods


def test_folders(tmp_path):
    there, later = describe("cache", tmp_path), describe("cache", tmp_path / "a" / "b")
    assert (there.exists, there.writable) == (True, True) and there.free_bytes
    assert (later.exists, later.writable) == (False, True)
    (tmp_path / "file").write_text("")
    assert not describe("cache", tmp_path / "file").writable and not describe("cache", tmp_path / "file" / "x").writable
    assert not describe("cache", Path("/proc/evalkit")).writable
    assert not describe("cache", Path("/sys/evalkit")).writable
