"""Of very many pairs some have a page: the worst, those that failed, and others evenly spread."""

import re

from evalkit.report.build import Options
from evalkit.report.collect import collect
from evalkit.report.paged import FEW_PAGES, MOST_PAGES, page_count, paged
from evalkit.report.worst import worst
from evalkit.report.write import write_report
from tests.report.conftest import small_protocol, write_run
from tests.report.test_write import synthetic_pairs


def test_how_many():
    assert page_count(MOST_PAGES, None) == MOST_PAGES and page_count(MOST_PAGES + 1, None) == FEW_PAGES
    assert page_count(10, 20) == 10 and page_count(10, 4) == 4 and page_count(10, None) == 10


def test_the_worst_and_the_failed_come_first(tmp_path):
    pairs = synthetic_pairs(20)
    failed = {pairs[7].id: "no"}
    comparison = collect([write_run(tmp_path / "m", pairs, method="m", clips=False, failed=failed)])
    found = worst(comparison, 2)
    first = {row[0] for metric in found for method in metric for row in method}
    chosen = paged(comparison, found, len(first) + 1 + 4)
    assert chosen == sorted(set(chosen)) and len(chosen) == len(first) + 5
    assert first | {7} < set(chosen) and max(chosen) - min(chosen) > 10
    assert paged(comparison, found, None) == list(range(20))
    assert len(paged(comparison, found, 1)) == 1


def test_pages_lead_from_one_to_the_next_in_whatever_order_they_are_made(tmp_path, monkeypatch):
    monkeypatch.setattr("evalkit.report.write.run_all", lambda function, jobs, workers: map(function, jobs[::-1]))
    pairs = synthetic_pairs(8)
    run = write_run(tmp_path / "m", pairs, method="m", protocol=small_protocol(), clips=False)
    options = Options(media="none", worst=1, pages=3)
    written = write_report(collect([run]), tmp_path / "site", options, lambda pair, became: None)
    pages = sorted((tmp_path / "site" / "pairs").glob("*.html"))
    assert (written.pairs, written.pages, len(pages)) == (8, 3, 3)
    ways = {page.stem: re.findall(r'rel="(prev|next)" href="([^"]+)\.html"', page.read_text()) for page in pages}
    slugs = [pair.slug for pair in collect([run]).pairs if pair.slug in ways]
    assert [ways[slug] for slug in slugs] == [
        [("next", slugs[1])],
        [("prev", slugs[0]), ("next", slugs[2])],
        [("prev", slugs[1])],
    ]
    assert "3 of 8 pairs have a page" in (tmp_path / "site" / "pairs.html").read_text()
    assert (tmp_path / "site" / "data" / "pairs.js").read_text().count('"slug":null') == 5
