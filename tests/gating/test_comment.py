"""The comment on a pull request: the verdict at a glance, no link that leads nowhere, no name that breaks it."""

import re
from dataclasses import replace

import pytest

from evalkit.gating.comment import Pictures, markdown, pictures, times_tolerated
from evalkit.gating.formats import COLUMNS
from evalkit.gating.rules import Rules
from evalkit.gating.verdict import gate
from evalkit.gating.verdict_record import WorstPair
from tests.gating.conftest import values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


@pytest.fixture
def red(make_side):
    return gate(make_side("a", values()), make_side("b", values() | {AKD: values()[AKD] * 1.2}), Rules())


def rows(text, heading):
    """The lines of the table whose first line begins with the given cells."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(heading))
    end = next((number for number in range(start, len(lines)) if not lines[number]), len(lines))
    return lines[start + 2 : end]


def test_the_verdict_is_seen_first(red):
    text = markdown(red)
    assert text.startswith("## ❌ evalkit gate: Regression\n") and "**b** against **a**" in text
    assert "exit code 1" in text
    short = rows(text, "| Metric | Verdict | Baseline | Candidate | Change | Lost at most | Margin |")
    assert [line.split(" | ")[:2] for line in short] == [["| CSIM ↑", "same"], ["| AKD ↓", "🔴 **worse**"]]
    folded = text[text.index("<details>") : text.index("</details>")]
    assert len(rows(folded, "| " + " | ".join(COLUMNS))) == 2 and "akd\\[dlib68\\]" in folded
    assert len(rows(text, "| Pair | Metric")) == 5


def test_a_pass_has_no_mark(make_side):
    text = markdown(gate(make_side("a", values()), make_side("b", values()), Rules()))
    assert text.startswith("## ✅ evalkit gate: Pass") and "🔴" not in text and "Pairs that lost" not in text


def test_variants_of_one_title_show_their_key(red):
    twin = red.metrics[1].model_copy(update={"key": "akd[fan68]"})
    short = rows(markdown(replace(red, metrics=(*red.metrics, twin))), "| Metric | Verdict | Baseline | Candidate")
    assert [line.split(" | ")[0] for line in short] == ["| CSIM ↑", "| AKD (`akd[dlib68]`) ↓", "| AKD (`akd[fan68]`) ↓"]


def test_names_cannot_break_the_markdown(red):
    nasty = replace(red, candidate=red.candidate.model_copy(update={"title": "x | <b>\n# y"}), reasons=("a\n\n| b |",))
    text = markdown(nasty)
    assert "x \\| \\<b\\> # y" in text and "- a \\| b \\|" in text


def test_without_an_address_pictures_are_named_and_not_linked(red, tmp_path):
    pair = red.worst[0].pair
    written = {pair: tmp_path / "report" / "strips" / "x y.png"}
    text = markdown(red, pictures(written, tmp_path / "report" / "comment.md", None))
    assert not re.search(r"\]\(|<img", text) and "in the folder `strips` of the report" in text
    assert pictures(written, None, None).folder == "strips"
    assert pictures(written, tmp_path / "docs" / "c.md", None).folder == "../report/strips"
    assert "folder" not in markdown(red, pictures({}, tmp_path / "c.md", None))


def test_with_an_address_pictures_are_linked(red, tmp_path):
    pair = red.worst[0].pair
    shown = pictures({pair: tmp_path / "x y.png"}, tmp_path / "c.md", "https://ci/x/")
    assert shown == Pictures({pair: "https://ci/x/x%20y.png"})
    text = markdown(red, shown)
    assert f"[{pair.replace('_', chr(92) + '_')}](https://ci/x/x%20y.png)" in text and "in the folder" not in text


@pytest.mark.parametrize(("times", "shown"), [(None, "-"), (1.34, "1.3"), (42.4, "42"), (424.1, "over 100")])
def test_times_of_the_tolerance(times, shown):
    assert times_tolerated(WorstPair(pair="p", metric=AKD, baseline=1.0, candidate=2.0, tolerances=times)) == shown
