"""What a site is made of."""

import pytest

from evalkit.errors import RunError
from evalkit.leaderboard.entry import make_entry, write_entry
from evalkit.report.site.given import read_given


def test_a_run_and_the_row_that_was_made_of_it_are_taken_once(make_run, tmp_path):
    run = make_run("plain")
    entry = make_entry(run, tmp_path / "leaderboards", None)
    write_entry(entry)
    (found,) = read_given([tmp_path / "leaderboards", run], {})
    assert found.run == run and found.header is not None and found.entry.flags == ()
    assert [one.run for one in read_given([entry.path], {})] == [None]


def test_a_run_with_failures_takes_no_part_in_ranks(make_run):
    (found,) = read_given([make_run("plain", failed={"anna_take": "raised ValueError: no"})], {})
    assert found.entry.flags == ("1 of 3 pairs failed",) and not found.entry.ranked


def test_other_paths_are_refused(tmp_path):
    with pytest.raises(RunError, match="neither a run folder nor a leaderboard"):
        read_given([tmp_path], {})
    with pytest.raises(RunError, match="at least one"):
        read_given([], {})
