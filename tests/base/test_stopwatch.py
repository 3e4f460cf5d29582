"""Seconds by stage: without the stages inside, only where asked, and whatever is raised."""

import threading
import time

import pytest

from evalkit.base import stopwatch
from evalkit.base.stopwatch import recorded, stage, staged


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it."""
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def pass_(seconds):
        now[0] += seconds

    return pass_


def test_stages_leave_out_those_inside_them(clock):
    with recorded() as seconds:
        clock(1)
        with stage("outer"):
            clock(2)
            with stage("inner"):
                clock(4)
            clock(8)
        with stage("inner"):
            clock(16)
    assert seconds == {"other": 1, "outer": 10, "inner": 20}


def test_a_generator_is_timed_while_it_works_and_not_while_it_waits(clock):
    def items():
        for number in range(3):
            clock(1)
            yield number
        clock(1)

    with recorded() as seconds:
        for _ in staged("make", items()):
            clock(10)
    assert seconds["make"] == 4 and seconds["other"] == 30


def test_an_error_ends_the_stages_it_leaves(clock):
    with recorded() as seconds:
        with pytest.raises(ValueError, match="no"), stage("outer"), stage("inner"):
            clock(1)
            raise ValueError("no")
        clock(2)
    assert seconds == {"other": 2, "outer": 0, "inner": 1}


def test_nothing_is_measured_unless_asked_and_in_no_other_thread(clock):
    with stage("before"):
        clock(1)
        with recorded() as seconds:
            thread = threading.Thread(target=lambda: list(staged("elsewhere", iter([1]))))
            thread.start()
            thread.join()
            clock(1)
    assert seconds == {"other": 1} and stopwatch._WATCH.seconds is None
