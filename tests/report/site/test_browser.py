"""The site in a real browser: nothing is wrong for people who use other means, nothing is cut, and addresses keep."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from evalkit.report.build import Options
from evalkit.report.collect import slug
from evalkit.report.site.write import SiteOptions, write_site
from tests.axe import axe_source, problems
from tests.browser import browser
from tests.report.conftest import FIRST, write_history_of
from tests.report.site.conftest import EVIL
from tests.report.site.test_write import quiet

pytestmark = pytest.mark.slow

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def site(given, tmp_path_factory) -> Path:
    """Without the run whose signature differs, so that both protocols have a report; with blurred videos."""
    folder = tmp_path_factory.mktemp("site")
    history = write_history_of(folder / "gate.jsonl", given[1], [1.0, 1.01, 0.99, 2.0, 2.01, 2.0])
    options = SiteOptions("Heads", (history,), report=Options(media="blur", landmarks="none"))
    write_site([path for path in given if path.name != "other"], folder / "site", options, quiet)
    return folder / "site"


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture
def visit(started, site):
    """Open a page of the site; a word on the console or a request that leaves the folder fails the test."""
    said = []
    context = started.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    # A page that is left while it loads breaks off what it was loading.
    page.on("requestfailed", lambda r: None if "ABORTED" in r.failure else said.append(f"{r.url}: {r.failure}"))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else said.append(request.url),
    )

    def opened(name: str) -> Page:
        file, _, state = name.partition("#")
        page.goto("about:blank")
        page.goto((site / file).as_uri() + (f"#{state}" if state else ""))
        return page

    yield opened
    pwned = page.evaluate("window.pwned")
    context.close()
    assert said == [] and pwned is None


def board(site: Path, protocol: str) -> str:
    (path,) = (site / "protocols").glob(f"{protocol}-*.html")
    return path.stem


def test_every_page_is_accessible_in_both_colours_and_fits_a_phone(visit, site):
    source = axe_source()
    report = f"reports/{board(site, 'small')}"
    names = ["index", "protocols", "methods", "metrics", "history", "methods/good", "metrics/csim"]
    names += [f"protocols/{board(site, 'small')}", "compare", f"{report}/index", f"{report}/pairs", f"{report}/worst"]
    names += [f"{report}/failures", f"{report}/pairs/{slug('bert_take')}"]
    found = []
    for place, name in enumerate(names):
        page = visit(f"{name}.html")
        page.emulate_media(color_scheme="dark" if place % 2 else "light")
        page.wait_for_load_state("load")
        page.wait_for_timeout(200)
        found += [f"{name}: {line}" for line in problems(page, source)]
        page.emulate_media(color_scheme="light" if place % 2 else "dark")
        page.set_viewport_size({"width": 390, "height": 800})
        found += [f"{name} at 390 px: {line}" for line in problems(page, source)]
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            found.append(f"{name} is wider than a phone")
        page.set_viewport_size({"width": 1280, "height": 800})
    assert found == []


def test_what_is_wrong_with_a_page_is_found(started):
    page = started.new_page()
    page.set_content(
        "<html><body><main><img src='data:,'><p style='color:#ccc;background:#fff'>pale</p></main></body></html>"
    )
    found = problems(page, axe_source())
    page.close()
    assert {line.split()[0] for line in found} >= {"image-alt", "color-contrast", "html-has-lang"}


def test_filters_choose_columns_and_the_address_keeps_them(visit):
    page = visit("index.html")
    heads = page.locator("#table thead tr").last.locator("th:visible")
    expect(heads).to_have_count(1 + 3 + 2)
    page.get_by_label("Task").select_option("cross_reenactment")
    expect(heads).to_have_count(1 + 2)
    expect(page.locator("#table tbody tr:visible th a")).to_have_text(["good", "board"])
    page.get_by_label("Costs").check()
    expect(heads).to_have_count(1 + 3)
    page.get_by_role("button", name="CSIM").last.click()
    expect(page.locator("#table tbody tr:visible th a")).to_have_text(["good", "board"])
    address = page.url.partition("#")[2]
    again = visit(f"index.html#{address}")
    expect(again.locator("#table thead tr").last.locator("th:visible")).to_have_count(1 + 3)
    expect(again.get_by_label("Task")).to_have_value("cross_reenactment")
    expect(again.locator("th[aria-sort]")).to_contain_text("CSIM")


def test_a_table_that_is_cut_says_so(visit):
    page = visit("index.html")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator(".more-columns").first).to_contain_text("more columns →")
    page.locator(".scroll").evaluate("box => box.scrollTo(5000, 0)")
    expect(page.locator(".more-columns").first).to_be_hidden()


def test_search_is_used_by_keyboard(visit):
    page = visit("metrics/l1.html")
    page.keyboard.press("/")
    page.keyboard.type("bert")
    found = page.get_by_role("option")
    expect(found.first).to_contain_text("bert_take")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("bert_take")
    page.get_by_role("link", name="All results").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("protocol")


def test_the_matrix_leads_to_the_two_methods(visit, site):
    page = visit(f"protocols/{board(site, 'small')}.html")
    cells = page.locator("#matrix tbody tr", has_text="good").first.locator("td")
    expect(cells.nth(0)).to_have_text("1 : 1 metrics better and worse")
    page.locator("#matrix-metric").select_option(label="L1")
    expect(cells.nth(0)).to_have_attribute(
        "title", f"good minus {EVIL}: -0.2000 (-0.2000 to -0.2000), p < 0.001, 3 clips: better"
    )
    cells.nth(0).get_by_role("link").click()
    expect(page.locator("#shown")).to_have_text(f"good is better in 1, {EVIL} in 1 of 2 metrics.")
    expect(page.locator("#differences tbody tr").first).to_contain_text("A is better")
    expect(page.locator("#differences thead")).to_contain_text(EVIL)
    page.get_by_role("button", name="Swap").click()
    expect(page.locator("#differences tbody tr").first).to_contain_text("B is better")
    chart = page.locator("#clips-chart svg")
    chart.focus()
    page.keyboard.press("Home")
    expect(page.locator(".tip")).to_contain_text("anna_take")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save this chart as PNG").click()
    with Image.open(saved.value.path()) as picture:
        assert picture.format == "PNG" and picture.width > 1000 and len(picture.convert("L").getcolors()) > 20
    chart.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("anna_take")


def test_a_table_is_saved_as_it_is_shown(visit):
    """Its title, all columns although the phone shows a few, and bold text, twice as fine as the page."""
    page = visit("index.html")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator(".scroll").evaluate("box => box.scrollTo(200, 0)")
    wide, high = page.locator("#table").evaluate("table => [table.offsetWidth, table.offsetHeight]")
    assert wide > 390

    def saved() -> Image.Image:
        with page.expect_download() as file:
            page.get_by_role("button", name="Save this table as PNG").click()
        return Image.open(file.value.path()).convert("L")

    whole = saved()
    assert whole.width == pytest.approx(2 * (wide + 32), abs=2) and whole.height > 2 * high
    assert page.locator(".scroll").evaluate("box => box.scrollLeft") == 200
    # The title is dark on light, and so is something in the last column.
    assert whole.crop((32, 32, 400, 80)).getextrema()[0] < 90
    assert whole.crop((whole.width - 200, 100, whole.width - 32, 2 * high)).getextrema()[0] < 90
    page.get_by_label("Task").select_option("cross_reenactment")
    assert saved().width < whole.width
    page.emulate_media(color_scheme="dark")
    assert saved().getpixel((0, 0)) < 60 < 200 < whole.getpixel((0, 0))


def test_rows_say_who_stands_for_them_and_methods_their_year(visit):
    page = visit("index.html")
    rows = page.locator("#table tbody tr:visible")
    expect(rows.first).to_contain_text("self-reported")
    year = page.get_by_role("button", name="Year", exact=True)
    expect(year).to_be_hidden()
    page.get_by_label("Year and size").check()
    expect(year).to_be_visible()
    assert "about=1" in page.url


def test_methods_without_a_protocol_in_common_are_not_compared(visit):
    page = visit("compare.html#a=board&b=still")
    expect(page.locator("#differences")).to_contain_text("No protocol has both.")


def test_a_number_of_another_signature_is_not_compared(started, given, tmp_path):
    write_site(given[:4], tmp_path / "site", SiteOptions(reports=False), quiet)
    page = started.new_page()
    page.goto((tmp_path / "site" / "compare.html").as_uri() + "#a=good&b=other")
    lines = page.locator("#differences tbody tr")
    expect(lines.nth(0)).to_contain_text("A is better")
    expect(lines.nth(1)).to_contain_text("other signature")
    expect(lines.nth(1)).to_contain_text("not compared: another signature")
    lines.nth(1).get_by_role("link", name="other signature").click()
    expect(page.locator(".signature-card:target")).to_contain_text("another")
    page.close()


def test_two_clips_are_wiped_and_zoomed(visit, site):
    page = visit(f"reports/{board(site, 'small')}/pairs/{slug('bert_take')}.html")
    canvas = page.locator("#wipe canvas")
    page.select_option("#wipe-left", label="good")
    page.select_option("#wipe-right", label="still")

    def level(x: float) -> int:
        with Image.open(io.BytesIO(canvas.screenshot())) as image:
            return image.convert("L").getpixel((round(x * image.width), image.height // 4))

    def shows(left: int, right: int) -> None:
        for _ in range(200):
            if abs(level(0.4) - left) <= 6 and abs(level(0.6) - right) <= 6:
                return
            page.wait_for_timeout(50)
        pytest.fail(f"the picture is {level(0.4)} and {level(0.6)}, not {left} and {right}")

    shows(FIRST + 40, FIRST)
    page.locator("#wipe-line").fill("900")
    shows(FIRST + 40, FIRST + 40)
    canvas.focus()
    page.keyboard.press("+")
    expect(page.locator("#wipe-zoom")).to_have_value("2")
    assert "left=1" in page.url and "right=2" in page.url


def test_a_row_leads_to_its_verdict(visit, site):
    page = visit("history.html")
    page.locator("#line-0").get_by_role("link", name="its run").press("Enter")
    page.get_by_role("link", name="pass").first.click()
    expect(page.locator("details[open] summary")).to_have_count(1)
