"""What other programs read: JUnit and annotations; the cells of a table."""

import xml.etree.ElementTree as Xml
from dataclasses import replace

import pytest

from evalkit.gating.formats import HEADLINES, _number, annotations, cells, explanation, junit
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.verdict import EXIT_CODES, gate
from tests.gating.conftest import entry, values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


def test_junit_counts(red):
    suite = Xml.fromstring(junit(red))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == [AKD]


def test_junit_of_what_could_not_be_measured(make_side):
    b = make_side("b", values(), entries={AKD: entry(AKD, values()[AKD], coverage=0.1)})
    suite = Xml.fromstring(junit(gate(make_side("a", values()), b, Rules())))
    assert (suite.get("failures"), suite.get("errors")) == ("0", "2")
    stopped = gate(make_side("c", values()), make_side("d", values(), complete=False), Rules())
    suite = Xml.fromstring(junit(stopped))
    assert suite.get("errors") == "1" and suite[0][0].get("type") == "incomplete"


def test_junit_survives_control_characters(red):
    row = red.metrics[0].model_copy(update={"status": "worse", "reason": "bad \x00\x1b byte <&>"})
    assert Xml.fromstring(junit(replace(red, metrics=(row,)))).get("failures") == "1"


def test_the_message_of_a_failed_case_is_its_sentence(red):
    row = next(row for row in red.metrics if row.key == AKD)
    message = Xml.fromstring(junit(red)).find(f"testcase[@name='{AKD}']/failure").get("message")
    assert message == f"{AKD}: worse, {row.reason}"


def test_ignored_metrics_are_skipped(make_side):
    rules = Rules(metrics={AKD: Rule(ignore=True)})
    verdict = gate(make_side("a", values()), make_side("b", values() | {AKD: values()[AKD] * 2}), rules)
    assert verdict.exit_code == 0 and Xml.fromstring(junit(verdict)).get("skipped") == "1"
    assert "(not judged)" in cells(next(row for row in verdict.metrics if row.key == AKD))[1]


@pytest.mark.parametrize(
    ("judged", "status", "let_pass", "shown"),
    [
        (True, "worse", False, "worse"),
        (True, "worse", True, "worse"),
        (True, "not_proven", False, "not proven"),
        (True, "not_proven", True, "not proven (allowed)"),
        (False, "not_proven", True, "not proven (not judged)"),
    ],
)
def test_what_stands_beside_a_status(red, judged, status, let_pass, shown):
    row = red.metrics[0].model_copy(update={"judged": judged, "status": status, "allowed_unproven": let_pass})
    assert cells(row)[1] == shown


def test_every_cell_of_a_row(red):
    row = next(row for row in red.metrics if row.key == AKD)
    known = {
        "baseline": 5.0, "candidate": 6.0, "change": 1.0, "change_low": 0.5, "change_high": 1.5, "tolerance": 0.05,
        "loss_high": 1.25, "margin": 2.0, "p_corrected": 0.00123, "detectable": 0.25, "pairs": 40, "identities": 20,
    }  # fmt: skip
    assert cells(row.model_copy(update=known)) == (
        "akd[dlib68] ↓", "worse", "5.000", "6.000", "+1.000", "+0.500 to +1.500", "0.050", "1.250", "2.000", "0.00123",
        "0.250", "40 / 20",
    )  # fmt: skip
    unknown = {**dict.fromkeys(known), "pairs": 0, "identities": 0}
    assert cells(row.model_copy(update=unknown))[2:] == ("-",) * 10


def test_annotations_say_reasons_and_then_warnings(red):
    told = annotations(replace(red, reasons=("a loss",), warnings=("another device", "few people")))
    assert [line.partition(" ")[0] for line in told] == ["::error", "::warning", "::warning"]
    assert told[2].endswith("::few people")


def test_annotations_are_one_line_each(red):
    spread = replace(red, reasons=("50% of\nit",))
    assert annotations(spread)[0] == "::error title=Regression::50%25 of%0Ait"


def test_a_pass_is_a_notice(make_side):
    verdict = gate(make_side("a", values()), make_side("b", values()), Rules())
    assert annotations(verdict) == [
        "::notice title=evalkit gate::Pass: shown not worse than the baseline on 2 metrics."
    ]


def test_small_changes_are_not_printed_as_zero(red):
    row = red.metrics[0].model_copy(update={"change": 1e-9})
    assert "1.0e-09" in cells(row)[4]


@pytest.mark.parametrize(
    ("key", "value", "sign", "shown"),
    [
        (CSIM, None, "+", "-"),
        (CSIM, 0.5, "", "0.5000"),  # one decimal more than tables print
        (CSIM, 0.5, "+", "+0.5000"),
        (CSIM, -0.5, "+", "-0.5000"),
        (CSIM, 0.0, "", "0.0000"),
        (CSIM, 0.00005, "", "0.0001"),
        (CSIM, 0.00004, "", "4.0e-05"),
        (CSIM, -0.00004, "+", "-4.0e-05"),
        (AKD, 1.0, "", "1.000"),
        ("unknown", 1.0, "", "1.0000"),
    ],
)
def test_numbers_in_cells(red, key, value, sign, shown):
    assert _number(red.metrics[0].model_copy(update={"key": key}), value, sign) == shown


@pytest.mark.parametrize(("low", "high"), [(None, 1.5), (0.5, None), (None, None)])
def test_half_an_interval_is_none(red, low, high):
    row = red.metrics[0].model_copy(update={"change_low": low, "change_high": high})
    assert cells(row)[5] == "-"


def test_p_and_pairs_at_their_bounds(red):
    row = red.metrics[0].model_copy(update={"p_corrected": 0.0, "pairs": 0, "identities": 3})
    assert cells(row)[9] == "0" and cells(row)[11] == "-"


@pytest.mark.parametrize(
    ("outcome", "status", "let_pass", "judged", "tag", "type_"),
    [
        ("regression", "worse", False, True, "failure", "worse"),
        ("regression", "suspicious", False, True, "failure", "suspicious"),
        ("incomplete", "broken", False, True, "error", "broken"),
        ("incomplete", "broken", True, True, "error", "broken"),
        ("not_proven", "not_proven", False, True, "error", "not_proven"),
        ("pass", "not_proven", True, True, None, None),
        ("pass", "same", False, True, None, None),
        ("pass", "worse", False, False, "skipped", None),
        ("pass", "broken", False, False, "skipped", None),
    ],
)
def test_what_a_case_of_junit_is(red, outcome, status, let_pass, judged, tag, type_):
    row = red.metrics[0].model_copy(update={"status": status, "allowed_unproven": let_pass, "judged": judged})
    suite = Xml.fromstring(junit(replace(red, outcome=outcome, reasons=("a", "b"), metrics=(row,))))
    stopped = outcome in ("incomplete", "not_comparable")
    assert len(suite) == 1 + stopped
    if stopped:
        assert suite[0].get("name") == "comparison" and suite[0][0].get("message") == "a b"
    case = suite[-1]
    assert [child.tag for child in case] == [*([tag] if tag else []), "system-out"]
    assert case.get("name") == row.key and case[0].get("type") == type_
    assert case.find("system-out").text.startswith(f"Metric: {cells(row)[0]}; Verdict: ")
    counts = {kind: suite.get(kind) for kind in ("tests", "failures", "errors", "skipped")}
    assert counts == {
        "tests": str(len(suite)),
        "failures": str(int(tag == "failure")),
        "errors": str(int(tag == "error") + stopped),
        "skipped": str(int(tag == "skipped")),
    }


def test_every_outcome_has_a_headline(red):
    assert set(HEADLINES) == set(EXIT_CODES)
    for outcome, text in HEADLINES.items():
        (line, *_) = annotations(replace(red, outcome=outcome, reasons=("x",), warnings=()))
        assert line == f"::error title={text.replace(':', '%3A').replace(',', '%2C')}::x"


@pytest.mark.parametrize(("confidence", "share"), [(0.95, "0.05"), (0.99, "0.01")])
def test_the_paragraph_names_the_chance_of_a_false_alarm(red, confidence, share):
    assert f"false alarm with at most {share}." in explanation(replace(red, rules=Rules(confidence=confidence)))


def test_a_notice_counts_what_was_judged(red):
    rows = (red.metrics[0], red.metrics[1].model_copy(update={"judged": False}))
    (line,) = annotations(replace(red, outcome="pass", reasons=(), warnings=(), metrics=rows))
    assert line.endswith(" on 1 metrics.")
