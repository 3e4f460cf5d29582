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


@pytest.mark.parametrize(
    ("outcome", "sign"),
    [("pass", "✅"), ("regression", "❌"), ("not_proven", "❔"), ("incomplete", "⚠️"), ("not_comparable", "⛔")],
)
def test_every_outcome_has_a_sign(red, outcome, sign):
    assert markdown(replace(red, outcome=outcome)).startswith(f"## {sign} evalkit gate: ")


@pytest.mark.parametrize(
    ("status", "judged", "cell"),
    [
        ("better", True, "🟢 **better**"),
        ("worse", True, "🔴 **worse**"),
        ("not_proven", True, "⚪ **not proven**"),
        ("suspicious", True, "🟣 **suspicious**"),
        ("broken", True, "🟡 **broken**"),
        ("same", True, "same"),
        ("worse", False, "worse (not judged)"),
    ],
)
def test_every_status_has_a_mark(red, status, judged, cell):
    row = red.metrics[0].model_copy(update={"status": status, "judged": judged, "allowed_unproven": False})
    (line,) = rows(markdown(replace(red, metrics=(row,))), "| Metric | Verdict | Baseline")
    assert line.split(" | ")[1] == cell


def test_the_line_below_the_headline(red):
    """Pairs and stage are told where there is something to tell."""
    facts = red.candidate.model_copy(update={"pairs": 3})
    text = markdown(replace(red, candidate=facts, stage="quick, look 1")).splitlines()
    assert text[1] == "" and text[3] == ""
    assert text[2] == "**b** against **a** on `small`, 3 pairs, exit code 1, stage quick, look 1."
    bare = replace(red, candidate=facts.model_copy(update={"pairs": None}), stage="full")
    assert markdown(bare).splitlines()[2] == "**b** against **a** on `small`, exit code 1."


def test_reasons_come_before_warnings(red):
    text = markdown(replace(red, reasons=("r1", "r2"), warnings=("w",))).splitlines()
    assert text[4:7] == ["- r1", "- r2", "- w"]


def test_a_verdict_without_rows_has_no_table(red):
    text = markdown(replace(red, metrics=(), worst=()))
    assert "|" not in text and "<details>" not in text and text.endswith("\n") and not text.endswith("\n\n")


def test_tables_are_aligned(red):
    lines = markdown(red).splitlines()
    rules = [line for line in lines if line.startswith("| ---")]
    assert [rule.count("---:") for rule in rules] == [5, len(COLUMNS) - 2, 3]
    assert all(rule.startswith("| --- | --- | ---: |") for rule in rules)
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines if line.startswith("|"))


def test_a_row_of_the_worst_pairs(red):
    pair = WorstPair(pair="a_b", metric=AKD, baseline=1.23456, candidate=2.0, tolerances=12.0)
    text = markdown(replace(red, worst=(pair,)))
    assert rows(text, "| Pair | Metric") == ["| a\\_b | akd\\[dlib68\\] | 1.235 | 2 | 12 |"]
    assert "folder" not in text
    assert "`strips`" in markdown(replace(red, worst=(pair,)), Pictures(folder="strips"))
    assert "`strips`" not in markdown(replace(red, worst=()), Pictures(folder="strips"))


@pytest.mark.parametrize(
    ("times", "shown"), [(9.94, "9.9"), (9.99, "10.0"), (10.0, "10"), (100.0, "100"), (100.1, "over 100"), (0.0, "0.0")]
)
def test_times_of_the_tolerance_at_their_bounds(times, shown):
    assert times_tolerated(WorstPair(pair="p", metric=AKD, baseline=1.0, candidate=2.0, tolerances=times)) == shown
