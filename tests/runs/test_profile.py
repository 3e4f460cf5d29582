"""Where the time of runs went."""

import json
from dataclasses import replace

import pytest

from evalkit.clips import video
from evalkit.errors import RunError
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig
from evalkit.records.run import read_header
from evalkit.records.trace import Span, append_span, read_spans, stage_seconds
from evalkit.runs.profile import Profile, read_profile, write_picture, write_trace
from evalkit.runs.run import MethodJob, run_methods
from evalkit.runs.session import RunSettings, open_session
from tests.fakes import make_protocol, noise
from tests.runs.engine.crew import Crew

COPY = MethodJob(find_method("copy_source"), MethodConfig())
SPANS = [
    Span("a", "make", "p", 100.0, 2.0, {"decode": 0.5, "method": 1.5}),
    Span("a", "score", "p", 103.0, 1.0, {"decode": 1.0}),
    Span("b", "make", "q", 101.0, 1.0, {"method": 1.0}),
]


@pytest.mark.parametrize("crew", [None, Crew(["cpu"])])
def test_every_task_of_a_run_is_noted_and_summed_up(crew, tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    for number in range(2):
        video.write_video(tmp_path / "data" / f"person{number}" / "take.mkv", [noise(3, 20, 30, seed=number)], 25)
    with open_session(make_protocol(), RunSettings(data=tmp_path / "data", out=tmp_path / "runs")) as session:
        (finished,) = run_methods(replace(session, engine=crew), [COPY], pytest.fail)
    spans = read_spans(finished.folder.trace)
    assert sorted((span.task, span.pair) for span in spans) == [
        (task, f"person{number}_take") for task in ("make", "score") for number in (0, 1)
    ]
    assert all(sum(span.stages.values()) <= span.seconds + 0.01 for span in spans)
    stages = read_header(finished.folder.path).stages
    assert {"decode", "resize", "method", "write", "other", "load method"} <= set(stages)
    profile = read_profile([finished.folder.path])
    assert stages == stage_seconds(spans) == {key: profile.stages[key] for key in profile.stages if key != "wait"}


def test_waiting_is_what_lies_between_the_tasks_of_a_worker():
    profile = Profile({"run": SPANS})
    assert profile.workers == {"a": (3.0, 4.0), "b": (1.0, 1.0)}
    assert profile.stages == {"method": 2.5, "decode": 1.5, "wait": 1.0}


def test_a_trace_that_browsers_read(tmp_path):
    write_trace(tmp_path / "trace.json", Profile({"run": SPANS}))
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    tasks = [event for event in events if event["ph"] == "X" and event["name"].split()[0] in ("make", "score")]
    assert [(event["ts"], event["dur"], event["tid"]) for event in tasks] == [
        (0, 2_000_000, 0),
        (3_000_000, 1_000_000, 0),
        (1_000_000, 1_000_000, 1),
    ]
    assert {event["args"]["name"] for event in events if event["ph"] == "M"} == {"a", "b"}


def test_a_picture(tmp_path):
    write_picture(tmp_path / "time.svg", Profile({"runs/one": SPANS, "runs/two": SPANS[:1]}))
    assert "<svg" in (tmp_path / "time.svg").read_text()
    with pytest.raises(RunError, match="expected a file name that ends in"):
        write_picture(tmp_path / "time.gif", Profile({"run": SPANS}))


def test_lines_that_were_cut_off_are_passed_over(tmp_path):
    path = tmp_path / "trace.jsonl"
    append_span(path, SPANS[0])
    with path.open("a") as file:
        file.write('{"worker": "a", "ta')
        file.write("\n[]\n{}\n")
    append_span(path, SPANS[1])
    assert read_spans(path) == SPANS[:2]
    append_span(tmp_path / "no" / "folder", SPANS[0])
    with pytest.raises(RunError, match=r"has no trace\.jsonl"):
        read_profile([tmp_path / "empty"])
