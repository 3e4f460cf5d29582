"""What the first page says of how far its numbers can be trusted."""

import json

import pytest

from evalkit.report.collect import collect
from evalkit.report.trust import facts
from tests.fakes import edit_record
from tests.report.conftest import small_protocol


def said(comparison, level):
    return [fact.text for fact in facts(comparison) if fact.level == level]


def test_a_clean_comparison_has_nothing_bad_to_say(make_run):
    found = facts(collect([make_run("a"), make_run("b")]))
    assert {fact.level for fact in found} == {"good"}
    assert [fact.text for fact in found] == [
        "All 3 pairs of the protocol were made and scored by every method",
        "Every frame has a value for every metric",
        "95 % intervals are of the mean over people, not only over these clips (3 identities)",
        "Same protocol, data and metric signatures in all runs",
    ]


def test_failures_and_low_coverage_come_first_and_lead_on(comparison):
    found = facts(comparison)
    assert [(fact.level, fact.page) for fact in found[:2]] == [("bad", "failures.html")] * 2
    assert said(comparison, "bad") == [
        "1 clip could not be made or scored; such runs are not ranked",
        "Lowest coverage 55.6 % (CSIM of second); the floor is 90 %",
    ]


def test_limited_runs_changed_code_and_several_machines_are_named(make_run):
    slow = {"device": {"name": "other machine"}, "provenance": {"dirty": True}}
    runs = [make_run("a"), make_run("b", header=slow)]
    for run in runs:
        pairs = json.loads((run / "summary.json").read_text())["pairs"]
        edit_record(run / "summary.json", pairs=pairs | {"protocol": 50}, complete=False)
    found = collect(runs)
    assert "Only 3 of the protocol's 50 pairs were run, so nothing is ranked" in said(found, "bad")
    assert said(found, "note") == [
        "Made from changed code, not a commit: b",
        "Speeds were taken on different machines or precisions and are not ranked",
    ]


def test_outputs_that_were_prepared_are_named(make_run):
    runs = [make_run("a"), make_run("b")]
    metrics = json.loads((runs[1] / "summary.json").read_text())["metrics"]
    for entry in metrics.values():
        entry["signature"] += "|outputs: cut to right-half, resized by box"
    edit_record(runs[1] / "summary.json", metrics=metrics)
    found = collect(runs)
    assert said(found, "note") == ["Outputs scored cut to right-half, resized by box: b"]
    assert said(found, "good")[-1].endswith("metric signatures in all runs, but for how outputs were prepared")


def test_metrics_that_could_not_be_computed_are_named_with_the_reason(make_run):
    run = make_run("a")
    metrics = json.loads((run / "summary.json").read_text())["metrics"]
    metrics["l1"] |= {"status": "unavailable", "value": None, "reason": "Fetch the weights."}
    edit_record(run / "summary.json", metrics=metrics)
    assert "Not computed here. L1: Fetch the weights." in said(collect([run]), "note")


@pytest.mark.parametrize("people", [1])
def test_one_person_gives_no_interval(make_run, data, people):
    from tests.report.conftest import pairs_over

    pairs = pairs_over(data, small_protocol())[:people]
    assert "No intervals: 1 person" in said(collect([make_run("a", pairs=pairs)]), "note")
