"""The one-go form on a method that copies: what runs, what does not, and with which metrics."""

import re
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest

from evalkit.clips import video
from evalkit.errors import RunError, UnknownNameError
from evalkit.gating import candidate
from evalkit.gating.candidate import gate_candidate
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.side import read_side
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.records.run import MetricSummary
from evalkit.runs import session as sessions
from evalkit.runs.run import MethodJob, run_method
from evalkit.runs.session import RunSettings, open_session
from tests.fakes import edit_record, make_protocol, noise
from tests.gating.conftest import entry, values

COPY = MethodJob(find_method("copy_driving"), MethodConfig())
PROTOCOL = make_protocol(metrics=["l1", "psnr"])


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    for number in range(3):
        video.write_video(tmp_path / "data" / f"person{number}" / "take.mkv", [noise(2, seed=number)], 25)
    return RunSettings(data=tmp_path / "data", out=tmp_path / "runs")


def run(settings):
    with open_session(PROTOCOL, settings) as session:
        return run_method(session, COPY).folder.path


def judged(baseline, settings):
    return gate_candidate(
        read_side(baseline), Rules(), PROTOCOL, replace(COPY, tag="new"), settings, sessions.silent, pytest.fail
    )


def test_nothing_runs_against_a_baseline_that_was_stopped(settings):
    baseline = run(settings)
    edit_record(baseline / "run.json", status="running")
    (baseline / "summary.json").unlink()
    verdict, _ = judged(baseline, settings)
    assert (verdict.outcome, verdict.exit_code) == ("incomplete", 3) and "has not finished" in verdict.reasons[0]
    assert [path.name for path in baseline.parent.iterdir()] == [baseline.name]


def test_what_the_baseline_could_not_compute_is_not_asked_for(settings, monkeypatch):
    with monkeypatch.context() as lacking:
        lacking.setattr(sessions, "unavailable", lambda metrics, brought: {"psnr": "no weights"})
        baseline = run(settings)
    verdict, side = judged(baseline, settings)
    assert verdict.exit_code == 0 and list(side.summary.metrics) == ["l1"]
    assert list(read_side(baseline).summary.metrics) == ["l1", "psnr"]


@pytest.fixture
def sided(make_side):
    """A side of l1 and psnr on the protocol of these tests, on this machine."""

    def made(name, **changes):
        means = {"l1": values(count=2)["akd[dlib68]"], "psnr": values(count=2)["akd[dlib68]"]}
        facts = {"protocol_hash": PROTOCOL.hash, "protocol": PROTOCOL.id, "protocol_version": PROTOCOL.version}
        better = {"psnr": entry("psnr", list(means["psnr"]), better="higher")}
        return make_side(name, means, entries=better, **facts, **changes)

    return made


@pytest.fixture
def stand(monkeypatch, sided):
    """`gate_candidate` without a session: what it was asked for is in `asked`, and the candidate is a copy."""
    asked = {"runs": [], "methods": []}

    def session_of(protocol, settings, progress):
        asked["settings"] = settings
        pairs = [SimpleNamespace(id=pair) for pair in asked.get("pairs", ("p00_c0", "p01_c0"))]
        return nullcontext(SimpleNamespace(pairs=pairs, narrowed=lambda only: ("narrowed", tuple(only))))

    def run_one(session, job):
        asked["runs"].append((session, job))
        return SimpleNamespace(folder=SimpleNamespace(path="made"))

    monkeypatch.setattr(candidate, "open_session", session_of)
    monkeypatch.setattr(candidate, "run_method", run_one)
    monkeypatch.setattr(candidate, "run_methods", lambda session, anchors, say: asked["methods"].append(anchors))
    monkeypatch.setattr(candidate, "read_side", lambda path: asked.get("side") or asked.setdefault("side", sided("c")))
    monkeypatch.setattr(candidate, "quick_gate", lambda *given: asked.setdefault("quick", given) and ("quick", None))

    def gated(baseline, job=COPY, metrics=(), rules=Rules(), **options):  # noqa: B008
        settings = RunSettings(metrics=metrics)
        return gate_candidate(baseline, rules, PROTOCOL, job, settings, sessions.silent, pytest.fail, **options)

    return gated, asked


def test_a_candidate_is_run_over_all_pairs_after_its_anchors(stand, sided):
    gated, asked = stand
    verdict, found = gated(sided("a"), anchors=("anchor",))
    ((session, job),) = asked["runs"]
    assert verdict.exit_code == 0 and found is asked["side"] and asked["methods"] == [("anchor",)]
    assert session == ("narrowed", ()) and re.fullmatch("gate-[0-9a-f]{8}", job.tag) and "quick" not in asked
    assert asked["settings"].metrics == ()


def test_the_quick_stage_is_given_a_way_to_run_some_pairs(stand, sided):
    gated, asked = stand
    baseline = sided("a")
    assert gated(baseline, quick=True) == ("quick", None) and asked["runs"] == []
    given, rules, run = asked["quick"]
    assert (given, rules) == (baseline, Rules()) and run(["p00_c0"]) is asked["side"]
    assert asked["runs"][0][0] == ("narrowed", ("p00_c0",))


def test_what_could_not_be_run_makes_the_gate_incomplete(stand, sided, monkeypatch):
    gated, _ = stand

    def refused(*arguments):
        raise RunError("no room")

    monkeypatch.setattr(candidate, "run_method", refused)
    verdict, side = gated(sided("a"))
    assert (verdict.outcome, verdict.stage) == ("incomplete", "full")
    assert verdict.reasons == ("The candidate could not be run: no room",) and verdict.metrics == verdict.worst == ()
    assert not side.finished and side.summary.method == "copy_driving" and (side.device, side.precision) == (
        "cpu", "fp32")  # fmt: skip


def test_other_pairs_than_the_baseline_has_are_not_run(stand, sided):
    gated, asked = stand
    asked["pairs"] = ("p00_c0", "p09_c0")
    verdict, side = gated(sided("a"))
    assert verdict.outcome == "not_comparable" and not side.finished and asked["runs"] == asked["methods"] == []
    assert verdict.reasons == ("The data differs: only in the baseline: p01_c0; only now: p09_c0.",)


@pytest.mark.parametrize(
    ("changes", "outcome"), [({"complete": False}, "incomplete"), ({"configuration": {"precision": "fp16"}},
                                                                  "not_comparable")]
)  # fmt: skip
def test_nothing_runs_that_could_never_be_compared(stand, sided, changes, outcome):
    gated, asked = stand
    verdict, side = gated(sided("a", **changes))
    assert verdict.outcome == outcome and not side.finished and "settings" not in asked


def test_a_tag_of_its_own_is_kept_and_another_one_says_what_made_it(stand, sided):
    gated, asked = stand
    baseline = sided("a")
    for job, metrics in ((replace(COPY, tag="mine"), ()), (COPY, ()), (COPY, ()), (COPY, ("l1",))):
        gated(baseline, job, metrics)
    own, first, again, fewer = (job.tag for _, job in asked["runs"])
    assert own == "mine" and first == again != fewer


def test_metrics_narrow_the_gate(stand, sided):
    gated, asked = stand
    verdict, _ = gated(sided("a"), metrics=("l1",))
    assert asked["settings"].metrics == ("l1",)
    assert {row.key: row.judged for row in verdict.metrics} == {"l1": True, "psnr": False}
    kept = Rules(metrics={"l1": Rule(relative=0.5)})
    verdict, _ = gated(sided("b"), metrics=("l1",), rules=kept)
    assert verdict.rules.metrics == {"l1": Rule(relative=0.5), "psnr": Rule(ignore=True)}
    with pytest.raises(UnknownNameError, match="no metric of the baseline called 'ssim'"):
        gated(sided("d"), metrics=("ssim",))


def test_the_metrics_of_a_baseline_that_are_not_the_protocols_are_asked_for(stand, sided):
    gated, asked = stand
    gone = {"psnr": entry("psnr", [], status="unavailable", signature=None, better="higher")}
    baseline = sided("a")
    metrics = {**baseline.summary.metrics, "psnr": MetricSummary(**gone["psnr"])}
    gated(replace(baseline, summary=baseline.summary.model_copy(update={"metrics": metrics})))
    assert asked["settings"].metrics == ("l1",)


def test_rules_that_do_not_fit_stop_before_anything_runs(stand, sided):
    gated, asked = stand
    with pytest.raises(UnknownNameError, match="l11"):
        gated(sided("a"), rules=Rules(metrics={"l11": Rule()}))
    assert "settings" not in asked
