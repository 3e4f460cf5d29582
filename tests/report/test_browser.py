"""The pages in a real browser: they sort, filter, play, jump and say what is missing, without a word on the console."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from evalkit.gating import history as store
from evalkit.report.build import Options
from evalkit.report.collect import collect, slug
from evalkit.report.history import write_history
from evalkit.report.write import write_report
from tests.browser import browser
from tests.report.conftest import DRIVING, FIRST, FRAMES, pairs_over, small_protocol, write_history_of, write_run

pytestmark = pytest.mark.slow

EVIL = '"><script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">'
LAST = FRAMES - 1
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def site(data, tmp_path_factory) -> Path:
    """Three methods, one of them an anchor and one with a hostile name, a failed pair and faceless frames."""
    folder = tmp_path_factory.mktemp("report")
    protocol = small_protocol(anchors=["still"], coverage_floor=0.1)
    pairs = pairs_over(data, protocol)
    runs = [
        write_run(folder / "still", pairs, method="still", quality=0.9, protocol=protocol, data=data),
        write_run(folder / "good", pairs, method="good", quality=0.2, level=FIRST + 40, protocol=protocol, data=data),
        write_run(
            folder / "evil",
            pairs,
            method="evil",
            title=EVIL,
            quality=0.4,
            protocol=protocol,
            failed={"anna_take": EVIL},
            faceless={"bert_take": [2, 3]},
            data=data,
        ),
    ]
    history = write_history_of(folder / "gate.jsonl", runs[1], [1.0, 1.01, 0.99, 1.0, 2.0, 2.01, 1.99])
    write_history_of(history, runs[2], [1.0, 1.0], commit=EVIL)
    write_report(collect(runs), folder / "site", Options(history=history), lambda pair, became: None)
    (folder / "site" / "alone").mkdir()
    write_history(store.read(history), EVIL, folder / "site" / "alone")
    return folder / "site"


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture
def visit(started, site):
    """Open a page of the site; what the console says or a script throws fails the test at its end."""
    said = []
    context = started.new_context(viewport={"width": 1200, "height": 800})
    context.set_default_timeout(PATIENCE_MS)

    def opened(name: str) -> Page:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(f"{request.url}: {request.failure}"))
        page.goto((site / name.partition("#")[0]).as_uri() + name.removeprefix(name.partition("#")[0]))
        return page

    yield opened
    pwned = [page.evaluate("window.pwned") for page in context.pages]
    context.close()
    assert said == [] and set(pwned) <= {None}


def lists(page: Page, *names: str) -> None:
    """Wait until the rows that can be seen are these, in this order."""
    expect(page.locator("tbody tr:visible th")).to_contain_text(list(names))


def level(page: Page, tile: str) -> int:
    """Grey level in the middle of a tile as the screen shows it (what a canvas holds may not be read from a file)."""
    frame = page.locator(".tile", has_text=tile).locator(".frame")
    with Image.open(io.BytesIO(frame.screenshot())) as image:
        return image.convert("L").getpixel((image.width // 2, image.height // 2))


def shows(page: Page, tile: str, wanted: int) -> None:
    """Wait until a tile shows a grey level."""
    for _ in range(400):
        if abs(level(page, tile) - wanted) <= 5:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{tile} shows {level(page, tile)}, not {wanted}")


def test_the_table_sorts_and_filters(visit):
    page = visit("index.html")
    lists(page, "good", EVIL, "still")
    l1 = page.get_by_role("button", name=re.compile("^L1"))
    l1.click()
    lists(page, "good", EVIL, "still")
    l1.press("Enter")
    lists(page, "still", EVIL, "good")
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Method").click()
    lists(page, EVIL, "good", "still")
    page.get_by_placeholder("Filter methods").fill("GOO")
    lists(page, "good")
    expect(page.locator("#shown")).to_have_text("1 of 3 methods")
    page.get_by_placeholder("Filter methods").fill("nobody")
    expect(page.locator("#shown")).to_have_text("No method fits the filter.")
    page.get_by_placeholder("Filter methods").fill("")
    page.get_by_label("Anchors").uncheck()
    lists(page, EVIL, "good")


def test_the_signature_opens_by_mouse_and_keyboard_and_closes(visit):
    page = visit("index.html")
    why = page.get_by_role("button", name="What csim[dlib] is")
    card = page.locator(".card:popover-open")
    why.hover()
    expect(card.locator(".signature li").first).to_have_text("csim[dlib]")
    page.get_by_role("heading", name="Results").hover()
    expect(card).to_have_count(0)
    why.press("Enter")
    expect(card).to_contain_text("frame>clip>protocol")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_charts_lead_to_pairs(visit):
    page = visit("index.html")
    strips = page.locator("#spread-chart canvas")
    strips.first.scroll_into_view_if_needed()
    expect(strips).to_have_count(3)
    page.select_option("#spread-metric", label="CSIM (dlib)")
    expect(strips.nth(1)).to_have_attribute(
        "aria-label", re.compile("2 pairs, median 0.552, middle half 0.527 to 0.578")
    )
    expect(page.locator("#trade-chart g[tabindex]")).to_have_count(3)
    expect(page.locator("#trade-chart svg")).to_have_attribute(
        "aria-label", f"L1 against CSIM. On the front: good, {EVIL}."
    )
    strips.first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip")).to_contain_text("anna_take")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("anna_take")


def test_clips_play_in_step_under_one_control(visit):
    page = visit(f"pairs/{slug('bert_take')}.html")
    shows(page, "Driving", DRIVING)
    shows(page, "good", FIRST + 40)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_function("document.getElementById('scrub').value > 0")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("End")
    expect(page.locator("#scrub")).to_have_value(str(LAST))
    shows(page, "Driving", 250)
    shows(page, "good", FIRST + 40)
    page.keyboard.press("ArrowLeft")
    shows(page, "Driving", DRIVING)
    page.get_by_label("Frame", exact=True).fill("2")
    expect(page.locator("#clock")).to_have_text(f"2 / {LAST} · 0.08 s")


def test_the_curve_follows_the_playhead_and_shows_gaps(visit):
    page = visit(f"pairs/{slug('bert_take')}.html#metric=csim[dlib]&frame=2")
    expect(page.locator("#metric option:checked")).to_have_text("CSIM (dlib)")
    expect(page.locator(".tile", has_text="good").locator(".now")).to_have_text("0.302")
    hostile = page.locator(".tile", has_text="pwned")
    expect(hostile.locator(".gap")).to_have_text("no face found")
    head = page.locator("#curve svg > g").last
    before = head.get_attribute("transform")
    page.get_by_role("button", name="One frame on").click()
    page.get_by_role("button", name="One frame on").click()
    expect(hostile.locator(".gap")).to_be_hidden()
    expect(hostile.locator(".now")).to_have_text("0.504")
    assert head.get_attribute("transform") != before
    drawing = page.locator("#curve svg")
    drawing.click(position={"x": drawing.bounding_box()["width"] - 13, "y": 60})
    expect(page.locator("#scrub")).to_have_value(str(LAST))
    expect(page.locator("#curve path")).to_have_count(3)
    page.get_by_role("group", name="Methods shown").get_by_text("good").click()
    expect(page.locator("#curve path")).to_have_count(2)
    expect(page.locator(".tile:visible", has_text="good")).to_have_count(0)


def test_the_difference_is_dark_where_clips_agree(visit):
    page = visit(f"pairs/{slug('bert_take')}.html")
    shows(page, "good", FIRST + 40)
    page.select_option("#difference", label="to still")
    shows(page, "pwned", 0)
    assert level(page, "good") > 60
    expect(page.locator("#legend")).to_contain_text("to look at, not to measure")
    page.select_option("#difference", label="off")
    shows(page, "pwned", FIRST)


def test_a_failed_pair_says_why(visit):
    page = visit(f"pairs/{slug('anna_take')}.html")
    expect(page.locator(".tile .absent")).to_have_text(EVIL)
    expect(page.locator("#messages")).to_contain_text("No metric of these runs uses landmarks")
    expect(page.locator("#landmarks")).to_be_disabled()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("bert_take")


def test_pairs_sort_and_filter(visit):
    page = visit("pairs.html")
    lists(page, "anna_take", "bert_take", "cora_take")
    page.get_by_role("button", name="good").click()
    lists(page, "cora_take", "bert_take", "anna_take")
    page.get_by_label("Only failed").check()
    lists(page, "anna_take")
    page.get_by_placeholder("Filter pairs").fill("cora")
    expect(page.locator(".empty")).to_contain_text("No pair fits the filter.")


def test_the_worst_are_shown_at_their_worst_frame(visit):
    page = visit("worst.html")
    cards = page.locator("#gallery > li")
    expect(cards).to_have_count(3)
    expect(cards.first).to_contain_text("cora_take")
    expect(cards.first).to_contain_text(f"worst at frame {LAST}: 0.4050")
    expect(cards.first.locator("canvas")).to_have_count(2)
    page.select_option("#metric", label="CSIM (dlib)")
    page.select_option("#method", label=EVIL)
    expect(cards.first).to_contain_text("bert_take")
    cards.first.click()
    expect(page.locator("#metric option:checked")).to_have_text("CSIM (dlib)")
    expect(page.locator("#scrub")).to_have_value("0")


def test_failures_are_listed_with_their_reasons(visit):
    page = visit("failures.html")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text(EVIL)
    page.select_option("#kind", label="no face generated")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("2 frames: 2–3")
    page.get_by_role("link", name="bert_take").click()
    expect(page.locator("#scrub")).to_have_value("2")


@pytest.mark.parametrize("name", ["history.html", "alone/index.html"])
def test_a_chart_of_checkpoints_is_walked_by_keyboard_and_leads_to_verdicts(visit, name):
    page = visit(name)
    chart = page.locator("#chart-0 .chart > svg")
    expect(chart).to_have_attribute(
        "aria-label",
        re.compile(r"L1 of good, lower is better: 7 checkpoints, .*Level changes: worse since c000000004\."),
    )
    expect(chart.locator(".jump.worse text")).to_have_text("worse since c000000004")
    expect(chart.locator(".level")).to_have_count(2)
    (first, jump), (after, last) = (
        [float(chart.locator(".level").nth(i).get_attribute(end)) for end in ("x1", "x2")] for i in range(2)
    )
    assert jump == after == float(chart.locator(".jump line").get_attribute("x1")), "levels meet at the jump"
    assert (last - after) / (jump - first) == pytest.approx(3 / 4), "four checkpoints before it, three from it on"
    names = [name for name in chart.locator("text").all_text_contents() if name.startswith("c0")]
    assert names == [f"c{i:09d}" for i in (0, 2, 4, 6)], "as many as fit side by side"
    chart.focus()
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    # Twice the mean of the run: 0.2 + the mean of 0, 0.1, 0.2 over pairs + the mean of 0 to 0.005 over frames.
    expect(page.locator(".tip")).to_contain_text("c000000004: 0.60500")
    expect(page.locator(".tip")).to_contain_text("worse, +0.01000 (-0.02000 to +0.04000) against the baseline")
    page.keyboard.press("Enter")
    verdict = page.locator("#line-4 details")
    expect(verdict.locator("summary")).to_be_focused()
    expect(verdict.locator("tbody tr")).to_have_count(2)
    expect(verdict.locator("tbody tr").first).to_contain_text("L1worse")
    page.keyboard.press("Enter")
    expect(verdict.locator("table")).to_be_hidden()


def test_charts_of_checkpoints_are_filtered(visit):
    page = visit("history.html")
    charts = page.locator(".history:visible")
    expect(charts).to_have_count(4)
    page.get_by_label("Only with a change").check()
    expect(charts).to_have_count(2)
    page.get_by_placeholder("Filter metrics").fill("csim good")
    expect(page.locator("#shown")).to_have_text("1 of 4 charts")
    expect(charts.get_by_role("heading")).to_contain_text("CSIM (dlib)")
    page.get_by_placeholder("Filter metrics").fill("nothing")
    expect(page.locator("#shown")).to_have_text("No chart fits the filter.")


def test_runs_lead_to_their_verdicts_and_back(visit):
    page = visit("history.html#line-0")
    expect(page.locator("#line-0 details")).to_have_attribute("open", "")
    expect(page.locator("#chart-0 .ring")).to_have_count(2)
    page.locator("#line-0").get_by_role("link", name="its run").press("Enter")
    facts = page.locator("#run-1")
    expect(facts).to_be_visible()
    facts.get_by_role("link", name="pass").last.click()
    expect(page.locator("#line-3 summary")).to_be_focused()


def test_a_change_of_level_leads_to_its_chart(visit):
    page = visit("alone/index.html")
    change = page.locator(".changes tbody tr").first
    expect(change).to_contain_text("c000000004")
    change.get_by_role("link", name="L1").click()
    expect(page.locator("#chart-0")).to_be_in_viewport()
    why = page.locator("#chart-0").get_by_role("button", name="Signature of L1")
    why.press("Enter")
    expect(page.locator(".card:popover-open li").first).to_have_text("l1")


def test_colours_follow_the_system_and_the_button(visit):
    page = visit("index.html")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(background)
    assert light != dark
    page.get_by_role("button", name="Colours").click()
    assert page.evaluate(background) == light
    page.goto(page.url.replace("index", "pairs"))
    assert page.evaluate(background) == light


@pytest.mark.parametrize(
    "name", ["index.html", "pairs.html", "worst.html", "failures.html", "history.html", "alone/index.html", "pair"]
)
def test_nothing_leaves_the_screen_of_a_phone(visit, name):
    page = visit(f"pairs/{slug('bert_take')}.html" if name == "pair" else name)
    page.set_viewport_size({"width": 375, "height": 700})
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
