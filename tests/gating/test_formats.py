"""What other programs read: JUnit and annotations; the cells of a table."""

import xml.etree.ElementTree as Xml
from dataclasses import replace

import pytest

from evalkit.gating.formats import annotations, cells, junit
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.verdict import gate
from tests.gating.conftest import entry, values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


@pytest.fixture
def red(make_side):
    return gate(make_side("a", values()), make_side("b", values() | {AKD: values()[AKD] * 1.2}), Rules())


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
