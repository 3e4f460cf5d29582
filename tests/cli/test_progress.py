"""Progress where there is no terminal: lines by elapsed time, silence, a line per pair."""

import pytest

from evalkit.base.text import duration
from evalkit.cli.loudness import speaking
from evalkit.cli.progress import pair_progress
from evalkit.runs.progress import Lines


def lines_of(every, seconds, outcomes):
    """What is said of pairs that finish at these seconds."""
    said = []
    times = iter([0.0, *seconds, seconds[-1]])
    lines = Lines("p / m", len(outcomes), said.append, every, lambda: next(times))
    for pair, became in enumerate(outcomes):
        lines(f"pair{pair}", became)
    lines.end()
    return said


def test_a_line_at_intervals_with_the_time_left():
    assert lines_of(30.0, [10, 29, 31, 45, 62, 70], ["done"] * 6) == [
        "p / m: 0 of 6",
        "p / m: 3 of 6, 31 s so far, about 31 s left",
        "p / m: 5 of 6, 1 min 02 s so far, about 12 s left",
        "p / m: 6 of 6 in 1 min 10 s",
    ]


def test_kept_pairs_tell_nothing_of_the_time_and_failures_are_counted():
    assert lines_of(30.0, [0, 0, 0, 40, 80], ["kept", "kept", "kept", "failed", "done"])[1:] == [
        "p / m: 4 of 5, 40 s so far, about 40 s left, 1 failed",
        "p / m: 5 of 5 in 1 min 20 s, 1 failed",
    ]
    assert lines_of(0.0, [1, 2], ["kept", "done"])[1] == "p / m: 1 of 2, 1 s so far (pair0: kept)"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3599, "59 min 59 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("quiet", "verbose", "count"),
    [(True, False, 0), (False, False, 2), (False, True, 3)],
    ids=["quiet", "normal", "verbose"],
)
def test_how_loud(capsys, quiet, verbose, count):
    with speaking(quiet, verbose), pair_progress("p / m", 2) as on_pair:
        on_pair("a", "done")
        on_pair("b", "done")
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == count
