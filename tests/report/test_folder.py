"""A report replaces and removes only what a report wrote."""

import json

import pytest

from evalkit.errors import RunError
from evalkit.report.folder import MANIFEST, SiteFolder


def test_the_next_report_clears_away_what_it_does_not_write(tmp_path):
    site = SiteFolder.claim(tmp_path / "site")
    site.text("a.html", "a")
    site.data("old", 1)
    site.finish()
    (site.path / "mine.txt").write_text("kept")
    again = SiteFolder.claim(tmp_path / "site")
    again.text("a.html", "b")
    again.finish()
    assert (site.path / "a.html").read_text() == "b"
    assert not (site.path / "data" / "old.js").exists() and (site.path / "mine.txt").read_text() == "kept"


def test_a_stopped_report_still_knows_what_the_one_before_wrote(tmp_path):
    site = SiteFolder.claim(tmp_path)
    site.text("a.html", "a")
    site.finish()
    SiteFolder.claim(tmp_path)
    last = SiteFolder.claim(tmp_path)
    last.finish()
    assert not (tmp_path / "a.html").exists()


def test_other_folders_are_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(RunError, match="holds other files and no report"):
        SiteFolder.claim(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="cannot write a report there"):
        SiteFolder.claim(tmp_path / "file")


def test_names_that_leave_the_folder_are_never_removed(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    site = tmp_path / "site"
    site.mkdir()
    (site / MANIFEST).write_text(json.dumps({"files": ["../outside.txt", str(outside)]}))
    SiteFolder.claim(site).finish()
    assert outside.exists()


def test_a_damaged_list_is_refused(tmp_path):
    (tmp_path / MANIFEST).write_text("{half")
    with pytest.raises(RunError, match=r"report\.json: damaged"):
        SiteFolder.claim(tmp_path)
