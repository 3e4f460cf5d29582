"""docs/ci/github.yml and action.yml, played; and the player itself, which must refuse what it does not know."""

import shutil

import pytest

import evalkit as ek
from evalkit.gating.baseline import save_baseline
from evalkit.gating.side import read_side
from tests.ci.expressions import ExpressionError, Scope, condition, evaluate, fill
from tests.ci.runner import Event
from tests.ci.scenarios import SCENARIOS
from tests.ci.standins import NotPlayed
from tests.ci.world import TEMPLATE, build
from tests.conftest import copy_corpus

TOOLS = ("bash", "git", "jq", "sha256sum")
played = pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}")


@played
@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_scenario(scenario, tmp_path):
    assert scenario(build(tmp_path))


@pytest.fixture
def scope():
    contexts = {
        "github": {"event_name": "push", "event": {}},
        "steps": {"a": {"outputs": {"x": "1"}}},
        "inputs": {"some-name": "$(x)"},
    }
    functions = {"always": lambda: True, "success": lambda: False, "failure": lambda: True}
    return Scope(contexts, functions)


def test_expressions(scope):
    assert evaluate("github.event_name == 'PUSH' && steps.a.outputs.x != ''", scope) is True
    assert evaluate("!(steps.a.outputs.y == '') || 'it''s'", scope) == "it's"
    assert evaluate("github.event.pull_request.head.sha", scope) == ""
    assert fill("a ${{ inputs.some-name }} ${{ true }}", scope) == "a $(x) true"


@pytest.mark.parametrize(
    "source",
    [
        "secrets.X",
        "steps.b.outputs.x",
        "inputs.other",
        "toJSON(github)",
        "1 < 2",
        "'a' == 1",
        "github.",
        "(true",
        "a b",
    ],
)
def test_unknown_expressions_are_refused(source, scope):
    with pytest.raises(ExpressionError):
        evaluate(source, scope)


def test_conditions_mean_success_unless_they_ask_for_a_status(scope):
    assert not condition(None, scope) and not condition("true", scope) and not condition("'always()' != ''", scope)
    assert condition("always()", scope) and condition("${{ failure() && true }}", scope)


@pytest.mark.parametrize("change", ["unknown action", "tag", "unknown key", "token left behind"])
def test_the_player_refuses_what_it_does_not_know(change, tmp_path):
    world = build(tmp_path)
    steps = [dict(step) for step in TEMPLATE["jobs"]["gate"]["steps"]]
    checkout = steps[0]
    if change == "unknown action":
        checkout["uses"] = checkout["uses"].replace("checkout", "check-out")
    elif change == "tag":
        checkout["uses"] = "actions/checkout@v7"
    elif change == "unknown key":
        checkout["timeout-minutes"] = 5
    else:
        del checkout["with"]
    gate = {**TEMPLATE["jobs"]["gate"], "steps": steps}
    with pytest.raises((NotPlayed, KeyError)):
        world.player.run({**TEMPLATE, "jobs": {"gate": gate}}, Event("pull_request", world.tree))


_COARSE = """from baselines.copy_source.adapter import build as sound


class Coarse:
    def __init__(self, inner):
        self.inner = inner

    def animate(self, sources, driving, motion):
        for chunk in self.inner.animate(sources, driving, motion):
            height, width = chunk.shape[1:3]
            yield chunk[:, ::4, ::4].repeat(4, 1).repeat(4, 2)[:, :height, :width].copy()


def build(config):
    return Coarse(sound(config))
"""


@played
@pytest.mark.slow
def test_the_template_as_it_stands(tmp_path, demo_corpus, monkeypatch):
    """Its own inputs: the method of the repository runs over demo_gate, coarser than the baseline.

    CSIM falls from 1 to 0.97, which six people can prove: a regression.
    """
    world = build(tmp_path)
    kept = copy_corpus(demo_corpus, tmp_path / "github" / "caches" / "evalkit-Linux-older")
    with monkeypatch.context() as patch:
        patch.setenv("EVALKIT_CACHE", str(kept))
        ek.run("demo_gate", "copy_source", anchors=False, out=tmp_path / "baseline", workers=1)
    save_baseline(read_side(tmp_path / "baseline" / "demo_gate" / "copy_source"), world.tree / "ci" / "baseline.json")
    (world.tree / "weights").mkdir()
    (world.tree / "weights" / "latest.pth").write_bytes(b"weights")
    (world.tree / "my_method").mkdir()
    (world.tree / "my_method" / "adapter.py").write_text(_COARSE)
    (world.tree / "my_method" / "method.yaml").write_text("id: my_method\ntitle: Coarse\nkind: baseline\n")

    jobs = world.play()
    gate = jobs["gate"]
    assert [job.result for job in jobs.values()] == ["failure", "success", "skipped"], gate.log
    assert "csim[dlib] is worse" in gate.log and "exit code 1" in gate.summary, gate.log
    (comment,) = world.github.comments
    assert "❌" in comment["body"] and "Their pictures are in the folder `strips` of the report." in comment["body"]
    report = tmp_path / "github" / "artifacts" / gate.run_id / "gate"
    assert len(list((report / "strips").glob("*.png"))) == 5
    assert {path.name for path in report.iterdir()} == {"comment.md", "history.jsonl", "junit.xml", "strips"}
    key, matched = gate.restored[0]
    assert matched == kept.name and (kept.parent / key).is_dir()
