"""The whole site: every address leads somewhere, nothing leaves it, and it says what it does not compare."""

import json
import re
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import unquote

import pytest

from evalkit.errors import RunError
from evalkit.report.site.write import SiteOptions, write_site
from tests.report.conftest import write_history_of
from tests.report.site.conftest import EVIL
from tests.report.test_write import Page, build, received

TAGS = re.compile(r'\bid="([^"]+)"')


def quiet(title, pairs):
    return nullcontext(lambda pair, became: None)


@pytest.fixture(scope="module")
def site(given, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    history = write_history_of(folder / "gate.jsonl", given[1], [1.0, 1.01, 2.0])
    written = write_site(given, folder / "site", SiteOptions("Heads", (history,)), quiet)
    assert (written.boards, written.methods, written.reports) == (2, 5, 1)
    assert written.without_report["Small protocol"].startswith("There is no report: a metric has different signatures")
    return folder / "site"


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_every_address_leads_somewhere_on_the_site(site):
    ids = {page: set(TAGS.findall(page.read_text())) for page in pages(site)}
    assert len(ids) > 20
    for page in ids:
        for address in Page(page).addresses:
            file, _, fragment = unquote(address).partition("#")
            if address.startswith("data:,"):
                continue
            assert not re.match(r"[a-z]+:|//|/", address), f"{page.name}: {address}"
            target = (page.parent / file).resolve() if file else page
            assert target.is_file(), f"{page.name}: {address}"
            if fragment and "=" not in fragment:
                assert fragment in ids[target], f"{page.name}: {address}"


def test_no_page_holds_code_and_titles_stay_titles(site):
    for page in pages(site):
        parsed = Page(page)
        assert parsed.inline == [] and parsed.handlers == [], page.name
    assert "<script>window.pwned" not in (site / "index.html").read_text()
    assert EVIL in "".join(Page(site / "index.html").text)


def test_what_is_not_compared_says_so(site):
    metric = "".join(Page(site / "metrics" / "csim.html").text)
    assert "another signature than that of the column: not compared" in metric
    (board,) = (site / "protocols").glob("small-*.html")
    assert "other signature" in "".join(Page(board).text)
    (couples,) = (site / "data" / "boards").glob("small-*/couples.js")
    l1, csim = received(couples)["couples"]
    assert len(l1) == 6 and len(csim) == 3
    assert list(received(couples.with_name("site.js"))["others"]) == ["1,csim[dlib]"]


def test_the_leaderboard_is_also_in_files(site):
    (table,) = (site / "tables").glob("crossed-*.csv")
    assert table.read_text().splitlines()[1].startswith("good,")
    assert "\\toprule" in (site / "tables" / "all.tex").read_text()
    whole = json.loads((site / "tables" / "all.json").read_text())
    assert {title for title, _ in whole["rows"]} == {"good", "other", EVIL, "still", "board"}


def test_everything_can_be_found(site):
    found = received(site / "data" / "search.js")
    assert {kind for kind, *_ in found} == {
        "Page",
        "Method",
        "Protocol",
        "Report",
        "Metric",
        "Variant",
        "Signature",
        "Pair",
    }
    for kind, _, address, _ in found:
        assert (site / address.partition("#")[0]).is_file(), (kind, address)


def test_verdicts_lead_to_the_rows_that_they_judged(site):
    history = (site / "history.html").read_text()
    (board,) = (site / "protocols").glob("small-*.html")
    (place,) = re.findall(rf"protocols/{board.name}#(run-\d)", history)
    assert f'id="{place}"' in board.read_text() and 'href="../history.html#line-0"' in board.read_text()


def test_a_site_replaces_a_site_and_no_report(site, given, tmp_path):
    before = {page.relative_to(site) for page in pages(site)}
    write_site(given[-2:], tmp_path / "again", SiteOptions(reports=False), quiet)
    assert len(pages(tmp_path / "again")) < len(before)
    write_site(given[-2:], tmp_path / "again", SiteOptions(reports=False), quiet)
    with pytest.raises(RunError, match="holds a site, not a report"):
        build(given[:1], tmp_path / "again")
