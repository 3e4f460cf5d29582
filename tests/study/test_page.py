"""The page in a browser: from a file and from the server, by mouse and by keyboard."""

import json

import pytest

from evalkit.study.answers import read_sheet
from evalkit.study.store import stored_answers
from evalkit.study.votes import count_votes, left_out
from tests.axe import axe_source, problems
from tests.browser import chromium
from tests.study.conftest import TITLES, trials_of

PATIENCE_MS = 30_000


def begin(page, address, token):
    page.goto(f"{address}#{token}")
    page.click("text=Begin")
    page.wait_for_selector("#trial:not([hidden])", timeout=PATIENCE_MS)


def wait_until_watched(page):
    page.wait_for_selector("#choose-left:not([disabled])", timeout=PATIENCE_MS)


def says(page, element, text):
    """Wait until an element shows a text, without evaluating scripts, which the server's policy forbids."""
    from playwright.sync_api import expect

    expect(page.locator(f"#{element}")).to_contain_text(text, timeout=PATIENCE_MS)


def choose_everywhere(page, key, rater, liked):
    """Answer every trial by keyboard: `liked` where it is shown, the intact clip in checks, else A."""
    names = trials_of(key, rater)
    for number, name in enumerate(names, start=1):
        says(page, "count", f"{number} of {len(names)}")
        wait_until_watched(page)
        asked = key.trials[name]
        right = asked.right == ("intact" if asked.check else liked)
        page.keyboard.press("b" if right else "a")
        page.keyboard.press("Enter")
    page.wait_for_selector("#done:not([hidden])", timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def study(make, shared_runs):
    """One rater, five trials and a check."""
    return make(shared_runs, raters=1, per_rater=5, checks=1)


@pytest.fixture
def order(key, study):
    """The key with the trials in the order of the form."""
    text = (study.page / "forms" / "1.js").read_text()
    ids = [shown["id"] for shown in json.loads(text[len("takeForm(") : -len(");\n")])]
    assert sorted(ids) == sorted(key.trials) and len(ids) == 6
    return key.model_copy(update={"trials": {name: key.trials[name] for name in ids}})


SLOW_UNTIL_RELEASED = """const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  this.playbackRate = window.name === "released" ? 1 : 0.1;
  return play.call(this);
};"""
RELEASE = """window.name = "released";
document.querySelectorAll("video").forEach((video) => { video.playbackRate = 1; });"""


def test_from_a_file_to_a_saved_sheet(study, order, tokens, tmp_path):
    with chromium() as (page, errors):
        page.add_init_script(SLOW_UNTIL_RELEASED)
        begin(page, (study.page / "index.html").as_uri(), tokens[0])
        assert page.is_disabled("#choose-left") and page.is_disabled("#next")
        page.evaluate(RELEASE)
        wait_until_watched(page)
        page.click("#choose-right")
        assert page.get_attribute("#choose-right", "aria-checked") == "true"
        page.click("#choose-left")
        assert page.get_attribute("#choose-right", "aria-checked") == "false" and page.is_enabled("#next")
        page.click("#play")
        assert page.evaluate("['driving', 'left', 'right'].every((id) => document.getElementById(id).paused)")
        page.evaluate("scrub.value = 500; scrub.dispatchEvent(new Event('input'))")
        times = page.evaluate("['driving', 'left', 'right'].map((id) => document.getElementById(id).currentTime)")
        assert max(times) - min(times) < 0.01 and min(times) > 0.05
        shown = page.content()
        assert not any(title in shown for title in TITLES.values())
        choose_everywhere(page, order, 0, "Good")
        assert "save your answers as a file" in page.inner_text("#kept")
        with page.expect_download() as download:
            page.click("#save")
        download.value.save_as(tmp_path / "answers.json")
        page.reload()
        begin_again(page)
        assert errors == []
    found = read_sheet(order, tokens, (tmp_path / "answers.json").read_bytes())
    assert found.rater == 0 and not found.refusals and len(found.answers) == 6
    assert left_out(order, found.answers) == {}
    votes = count_votes(order, found.answers)
    assert {vote.preferred for vote in votes} == {"Good"} and all(a.seconds > 0 for a in found.answers)


def begin_again(page):
    """After a reload the page remembers that everything was answered."""
    page.click("text=Begin")
    page.wait_for_selector("#done:not([hidden])", timeout=PATIENCE_MS)


@pytest.mark.slow
@pytest.mark.parametrize("colour", ["light", "dark"])
def test_the_checker_of_accessible_pages_finds_nothing_serious(study, tokens, colour):
    source = axe_source()
    with chromium(color_scheme=colour, viewport={"width": 390, "height": 844}) as (page, _):
        first = (study.page / "index.html").as_uri()
        page.goto(first)
        assert problems(page, source) == []
        page.goto("about:blank")  # or the address with a code would be a place on the same page
        begin(page, first, tokens[0])
        wait_until_watched(page)
        assert problems(page, source) == []


@pytest.mark.slow
def test_from_the_server_with_a_wrong_code_first(server, study, order, tokens):
    with chromium(viewport={"width": 390, "height": 844}) as (page, errors):
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.fill("#token", "1-nonsense")
        page.click("text=Begin")
        assert "not a code of this study" in page.inner_text("#problem")
        page.fill("#token", "1-0123456789abcdef")
        page.click("text=Begin")
        says(page, "problem", "not known")
        page.fill("#token", tokens[0])
        page.click("text=Begin")
        choose_everywhere(page, order, 0, TITLES["evil"])
        says(page, "kept", "All your answers are stored")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert [text for text in errors if "403" not in text] == []
    answers = stored_answers(study.answers)
    assert len(answers) == 6
    against_evil = [v for v in count_votes(order, answers) if TITLES["evil"] in (v.preferred, v.other)]
    assert {vote.preferred for vote in against_evil} == {TITLES["evil"]}


@pytest.mark.slow
def test_answers_wait_for_a_server_that_is_away(server, study, order, tokens):
    with chromium() as (page, _):
        begin(page, f"http://127.0.0.1:{server.server_port}/", tokens[0])
        wait_until_watched(page)
        page.context.set_offline(True)
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        says(page, "state", "The server does not answer")
        assert stored_answers(study.answers) == []
        page.context.set_offline(False)
        says(page, "state", "All answers are stored.")
    assert [answer.trial for answer in stored_answers(study.answers)] == list(order.trials)[:1]
