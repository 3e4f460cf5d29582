"""Lines of a trace: whole or not there, and sums by stage."""

import os
import time

import pytest

from evalkit.records.trace import Span, append_span, read_spans, stage_seconds, traced

SPAN = Span("w1", "make", "a", 12.5, 2.0, {"decode": 0.5, "write": 0.25})


def test_spans_come_back_and_lines_that_are_cut_off_do_not(tmp_path):
    path = tmp_path / "trace.jsonl"
    other = Span("w2", "score", "\u00fc\udcff", 13.0, 1.0, {})
    for span in (SPAN, other):
        append_span(path, span)
    with path.open("a") as file:
        file.write('{"worker": "w1"}\n[1]\n3\n\n{"worker": "w')
    assert read_spans(path) == [SPAN, other]
    assert path.stat().st_mode & 0o777 == 0o644 & ~_umask()
    assert read_spans(tmp_path / "none.jsonl") == []
    append_span(tmp_path / "none" / "trace.jsonl", SPAN)  # what cannot be written is not missed
    assert not (tmp_path / "none").exists()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_seconds_are_rounded_to_microseconds(tmp_path):
    append_span(tmp_path / "t.jsonl", Span("w", "make", "a", 0.0, 1.0, {"decode": 0.12345678}))
    assert read_spans(tmp_path / "t.jsonl")[0].stages == {"decode": 0.123457}


def test_a_block_is_a_task_of_this_process(tmp_path):
    began = time.time()
    with traced(tmp_path / "t.jsonl", "make", "a"):
        time.sleep(0.01)
    (span,) = read_spans(tmp_path / "t.jsonl")
    assert (span.worker, span.task, span.pair) == (f"process {os.getpid()}", "make", "a")
    assert list(span.stages) == ["other"] and 0.01 <= span.stages["other"] <= span.seconds + 1e-6
    assert began <= span.began <= time.time() and 0.01 <= span.seconds < 5


def test_stages_are_summed_the_longest_first():
    assert stage_seconds([]) == {}
    more = Span("w2", "make", "b", 0.0, 1.0, {"write": 0.5, "read": 0.0004})
    assert list(stage_seconds([SPAN, more]).items()) == [("write", 0.75), ("decode", 0.5), ("read", 0.0)]
    assert stage_seconds([more])["read"] == pytest.approx(0.0)
