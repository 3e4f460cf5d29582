"""The one-go form on a method that copies: what runs, what does not, and with which metrics."""

from dataclasses import replace

import pytest

from evalkit.clips import video
from evalkit.gating.candidate import gate_candidate
from evalkit.gating.rules import Rules
from evalkit.gating.side import read_side
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.runs import session as sessions
from evalkit.runs.run import MethodJob, run_method
from evalkit.runs.session import RunSettings, open_session
from tests.fakes import edit_record, make_protocol, noise

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
    verdict, candidate = judged(baseline, settings)
    assert verdict.exit_code == 0 and list(candidate.summary.metrics) == ["l1"]
    assert list(read_side(baseline).summary.metrics) == ["l1", "psnr"]
