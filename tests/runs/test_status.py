"""How far a run is, as another process reads it."""

import json

import pytest

from evalkit.clips import video
from evalkit.errors import RunError
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.records.progress import Progress, read_progress, write_progress
from evalkit.records.run_folder import RunFolder
from evalkit.runs import run_pairs
from evalkit.runs.run import MethodJob, run_methods
from evalkit.runs.session import RunSettings, open_session
from evalkit.runs.status import read_status, run_folders
from tests.fakes import edit_record, make_protocol, noise
from tests.runs.engine.crew import Crew

JOBS = [MethodJob(find_method(name), MethodConfig()) for name in ("copy_source", "copy_driving")]
FACTS = {"schema_version": 3, "frames": 0, "workers": {}, "failures": ()}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    for number in range(3):
        video.write_video(tmp_path / "data" / f"person{number}" / "take.mkv", [noise(3, seed=number)], 25)
    (tmp_path / "data" / "person1" / "take.mkv").write_bytes(b"")
    return RunSettings(data=tmp_path / "data", out=tmp_path / "runs")


@pytest.mark.parametrize("crew", [None, Crew(["cpu"])])
def test_while_a_run_goes_on_and_when_it_is_over(crew, settings, monkeypatch):
    monkeypatch.setattr(run_pairs, "_TELL_S", 0.0)
    seen = []

    def watch(title, pairs):
        from contextlib import nullcontext

        return nullcontext(lambda pair, became: seen.append(read_status(settings.out / "small" / "copy_source")))

    from dataclasses import replace

    with open_session(make_protocol(), settings, watch) as session:
        (finished,) = run_methods(replace(session, engine=crew), JOBS[:1], pytest.fail)
    assert {one.state for one in seen} == {"running"}
    last = seen[-1]
    assert (last.pairs, last.seconds_ago is not None) == (3, True)
    status = read_status(finished.folder.path)
    assert (status.state, status.pairs, status.finished, status.failed) == ("finished", 3, 2, 1)
    assert status.frames_per_second > 0 and status.seconds_left is None
    assert [pair for pair, _ in status.failures] == ["person1_take"]
    if crew:
        assert list(last.workers) == ["cpu#1"] and last.workers["cpu#1"].doing in ("make", "score")


def test_a_run_that_was_stopped(settings):
    with open_session(make_protocol(), settings) as session:
        (finished,) = run_methods(session, JOBS[:1], pytest.fail)
    folder = finished.folder
    edit_record(folder.header, status="running")
    status = read_status(folder.path)
    assert (status.state, status.finished, status.failed, status.seconds_left) == ("stopped", 2, 1, None)
    with folder.locked():
        assert read_status(folder.path).state == "running"
    folder.progress.write_text("{}")
    assert read_status(folder.path).pairs is None
    assert json.loads(folder.summary.read_text())["pairs"]["run"] == 3


def test_time_left():
    def left(**counts):
        return Progress(
            **FACTS, **{"pairs": 10, "kept": 2, "done": 0, "failed": 0, "seconds": 6.0} | counts
        ).seconds_left

    assert left(done=2, failed=1) == 10.0
    assert left() is None and left(kept=10) == 0.0


def test_folders_of_runs(settings, tmp_path):
    with open_session(make_protocol(), settings) as session:
        run_methods(session, JOBS, pytest.fail)
    folders = [settings.out / "small" / name for name in ("copy_driving", "copy_source")]
    assert run_folders(settings.out) == run_folders(settings.out / "small") == folders
    assert run_folders(folders[0]) == folders[:1]
    with pytest.raises(RunError, match="no run folder, and no folder of run folders"):
        run_folders(tmp_path / "cache")


def test_progress_that_cannot_be_written_stops_nothing(tmp_path):
    path = RunFolder(tmp_path / "file").progress
    (tmp_path / "file").write_text("")
    write_progress(path, Progress(**FACTS, pairs=1, kept=0, done=0, failed=0, seconds=0.0))
    assert read_progress(path) is None
