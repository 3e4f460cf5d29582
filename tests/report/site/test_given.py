"""What a site is made of."""

import pytest

from evalkit.errors import RunError
from evalkit.leaderboard.entry import make_entry, write_entry
from evalkit.leaderboard.verification import RowVerification
from evalkit.report.site.boardpage import provenance
from evalkit.report.site.given import read_given
from evalkit.report.site.write import SiteOptions, write_site
from tests.report.site.test_write import quiet


def test_a_run_and_the_row_that_was_made_of_it_are_taken_once(make_run, tmp_path):
    run = make_run("plain")
    checked = RowVerification(
        verified="2026-01-02T00:00:00+0000",
        evalkit="1",
        commit=None,
        seed=0,
        pairs=("anna_take",),
        of=3,
        tolerance=1,
        furthest={},
        not_again={},
        environment=(),
    )
    entry = make_entry(run, tmp_path / "leaderboards", None, verification=checked)
    write_entry(entry)
    (found,) = read_given([tmp_path / "leaderboards", run], {})
    assert found.run == run and found.header is not None and found.entry.flags == ()
    assert dict(provenance(found))["Status"] == "verified on 2026-01-02: 1 of 3 clips were scored again"
    assert [one.run for one in read_given([entry.path], {})] == [None]
    write_site([tmp_path / "leaderboards", run], tmp_path / "site", SiteOptions(), quiet)
    (report,) = (tmp_path / "site" / "reports").glob("*/index.html")
    for page in (tmp_path / "site" / "index.html", report):
        assert ">verified</span>" in page.read_text() and "self-reported</span>" not in page.read_text()
    assert "1 of 3 clips were scored again" in report.read_text()


def test_a_run_with_failures_takes_no_part_in_ranks(make_run):
    (found,) = read_given([make_run("plain", failed={"anna_take": "raised ValueError: no"})], {})
    assert found.entry.flags == ("1 of 3 pairs failed",) and not found.entry.ranked


def test_other_paths_are_refused(tmp_path):
    with pytest.raises(RunError, match="neither a run folder nor a leaderboard"):
        read_given([tmp_path], {})
    with pytest.raises(RunError, match="at least one"):
        read_given([], {})
