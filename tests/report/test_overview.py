"""The first page's table and counts."""

import pytest

from evalkit.report import overview
from evalkit.report.collect import collect
from evalkit.report.ranks import ranks


def test_cells_carry_value_interval_coverage_and_signs(comparison):
    first, second = overview.rows(comparison, ranks(comparison), {})
    l1, csim, fps = second["cells"]
    # One of three pairs failed, and two people have no interval.
    assert (l1["text"], l1["notes"], l1["interval"], l1["word"]) == ("0.3525", "*†", None, "2 people")
    # Clips 0.1 apart around the mean 0.6025: on its log, times exp(+-4.303 x 0.1 / sqrt(3) / 0.6025).
    assert (first["cells"][0]["interval"], first["cells"][0]["word"]) == ("0.3989 to 0.9100", "")
    assert csim["coverage"] == pytest.approx(100 * 5 / 9) and csim["classes"] == "low incomplete"
    assert (fps["text"], fps["coverage"]) == ("10.0", None)
    assert first["rank"] is None and first["title"] == "plain"


def test_intervals_are_placed_on_the_range_of_the_column(comparison):
    rows = overview.rows(comparison, ranks(comparison), {})
    cells = [row["cells"][0] for row in rows if row["cells"][0]["left"] is not None]
    # The one without an interval is the lowest number of the column.
    assert min(row["cells"][0]["at"] for row in rows) == 0 and len(cells) == 1
    assert max(cell["left"] + cell["width"] for cell in cells) == pytest.approx(100, abs=0.2)
    assert all(cell["left"] <= cell["at"] <= cell["left"] + cell["width"] for cell in cells)


def test_columns_say_what_stands_behind_them(comparison):
    l1, csim, fps = overview.columns(comparison)
    assert l1["signature"][0] == "l1" and "vs driving" in l1["signature"]
    assert (csim["variant"], csim["clips"], csim["arrow"]) == ("dlib", 1, "↑")
    assert csim["description"] and csim["paper"]
    assert fps["signature"] == [] and fps["clips"] is None


def test_counts(comparison, make_run):
    assert overview.counts(comparison) == [
        (2, "methods"),
        (3, "pairs"),
        (3, "identities"),
        (18, "frames per method"),
    ]
    assert overview.counts(collect([make_run("alone")]))[0] == (1, "method")


def test_where_rows_come_from(comparison):
    first = overview.runs(comparison, {}, {})[0]
    told = dict(first["facts"])
    assert first["title"] == "plain" and told["evalkit"] == f"0, commit {'f' * 40}"
    assert told["Run folder"].endswith("plain") and told["Checkpoint"] == "no checkpoint file"
