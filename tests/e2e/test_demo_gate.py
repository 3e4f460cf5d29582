"""The protocol `demo_gate` as a CI job calls it: save a baseline, then gate checkpoints in one go, on a CPU.

`test_gate` has the same on a smaller corpus.
"""

import json
import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

from tests.e2e.conftest import assert_explained

_ADAPTER = """from baselines.copy_source.adapter import build as sound


class Changed:
    def __init__(self, inner):
        self.inner = inner

    def animate(self, sources, driving, motion):
        for chunk in self.inner.animate(sources, driving, motion):
            {body}


def build(config):
    return Changed(sound(config))
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """Write copy_source with a change of its output; returns the folder."""

    def make(name: str, body: str) -> Path:
        folder = tmp_path_factory.mktemp("changed") / name
        folder.mkdir()
        (folder / "method.yaml").write_text(f"id: {name}\ntitle: {name}\nkind: baseline\nmax_sources: null\n")
        (folder / "adapter.py").write_text(_ADAPTER.format(body=body))
        return folder

    return make


@pytest.fixture
def one_go(evalkit, tmp_path):
    """`evalkit gate` over demo_gate with the given arguments; runs go to a folder of this test."""

    def call(*arguments):
        return evalkit("gate", "--protocol", "demo_gate", "--out", tmp_path / "runs", "--workers", 1, *arguments)

    return call


@pytest.mark.slow
def test_the_gate_of_every_commit(evalkit, one_go, changed, tmp_path, demo_cache, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(demo_cache))
    baseline, history = tmp_path / "baseline.json", tmp_path / "gate.jsonl"
    ran = evalkit("run", "-p", "demo_gate", "-M", "copy_source", "-o", tmp_path, "--workers", 1, "--no-anchors")
    assert ran.returncode == 0, ran.stderr
    assert evalkit("gate", "save", tmp_path / "demo_gate" / "copy_source", baseline).returncode == 0
    kept = ("--baseline", baseline, "--history", history)

    same = one_go(*kept, "--method", "copy_source", "--commit", "same", "--quiet")
    assert (same.returncode, same.stdout, same.stderr) == (0, "", ""), same

    defect = changed("leaking", "yield from driving\n            return")
    files = ("--markdown", tmp_path / "c.md", "--junit", tmp_path / "j.xml", "--strips", tmp_path / "strips")
    red = one_go(*kept, "--method", defect, "--commit", "defect", "--github", *files)
    assert red.returncode == 1 and "::error title=Regression::csim[dlib] is worse" in red.stdout, red
    assert "Regression" in (tmp_path / "c.md").read_text() and len(list((tmp_path / "strips").glob("*.png"))) == 5
    assert int(Xml.parse(tmp_path / "j.xml").getroot().get("failures")) >= 1

    broken = changed("broken", "raise ValueError('out of memory')")
    missing = one_go(*kept, "--method", broken, "--commit", "broken")
    assert missing.returncode == 3 and "12 pairs of the candidate failed" in missing.stdout, missing

    lines = [json.loads(line) for line in history.read_text().splitlines()]
    assert [(line["commit"], line["exit_code"]) for line in lines] == [("same", 0), ("defect", 1), ("broken", 3)]

    other = evalkit("gate", "-b", baseline, "-p", "demo_cross", "-M", "copy_source", "-o", tmp_path / "runs")
    assert other.returncode == 4 and "The protocols differ" in other.stdout, other

    rules = tmp_path / "gate.yaml"
    rules.write_text("metrics: {cism: {absolute: 0.1}}")
    before = sorted(path.name for path in (tmp_path / "runs" / "demo_gate").iterdir())
    assert_explained(one_go("-b", baseline, "-M", "landmark_warp", "--rules", rules), "'cism'", "csim")
    assert before == sorted(path.name for path in (tmp_path / "runs" / "demo_gate").iterdir())
    assert_explained(one_go("-b", baseline, "-M", "copy_sauce"), "copy_source")
