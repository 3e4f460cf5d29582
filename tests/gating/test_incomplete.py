"""Verdicts on runs of which something is missing: never green, never red."""

import numpy as np
import pytest

from evalkit.errors import RunError
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.side import read_side
from evalkit.gating.verdict import gate
from tests.gating.conftest import entry, incomplete, moved, status, values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


@pytest.mark.parametrize("factor", [1.0, 1.5, 0.5])
@pytest.mark.parametrize("side", ["baseline", "candidate"])
def test_failed_pairs(make_side, factor, side):
    broken = {"complete": False, "counts": {"scored": 39, "failed": ["p03_c0"]}}
    a = make_side("a", values(), **(broken if side == "baseline" else {}))
    b = make_side("b", moved(factor), **(broken if side == "candidate" else {}))
    incomplete(gate(a, b, Rules()), "p03_c0", "failed", side)


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_fewer_clips_than_the_protocol(make_side, factor):
    few = {key: means[:10] for key, means in moved(factor).items()}
    limited = {"complete": False, "counts": {"protocol": 40, "run": 10}, "data_hash": "e" * 64}
    incomplete(gate(make_side("a", values()), make_side("b", few, **limited), Rules()), "candidate ran 10 of 40")
    incomplete(gate(make_side("c", few, **limited), make_side("d", values()), Rules()), "baseline ran 10 of 40")


def test_the_mark_of_a_limited_run_is_no_other_signature(make_side):
    few = {key: means[:10] for key, means in values().items()}
    marks = {key: entry(key, list(few[key]), signature=f"{key}|v1|10 of 40 pairs") for key in few}
    limited = {"complete": False, "counts": {"protocol": 40, "run": 10}, "data_hash": "e" * 64, "entries": marks}
    incomplete(gate(make_side("a", values()), make_side("b", few, **limited), Rules()), "candidate ran 10 of 40")


def test_a_run_that_is_still_at_work(make_side):
    b = make_side("b", values(), header={"status": "running"})
    incomplete(gate(make_side("a", values()), b, Rules()), "has not finished")


def test_a_run_without_a_summary(make_run):
    folder = make_run("b", values(), header={"status": "running"})
    (folder / "summary.json").unlink()
    incomplete(gate(read_side(make_run("a", values())), read_side(folder), Rules()), "has not finished")


def test_empty_runs(make_side):
    nothing = {"complete": True, "counts": {"protocol": 0}}
    empty = make_side("b", {}, **nothing)
    incomplete(gate(make_side("a", values()), empty, Rules()), "empty")
    incomplete(gate(empty, empty, Rules()), "empty")


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_low_coverage(make_side, factor):
    b = make_side(
        "b", moved(factor), entries={AKD: entry(AKD, moved(factor)[AKD], coverage=0.8, status="low_coverage")}
    )
    incomplete(gate(make_side("a", values()), b, Rules()), "coverage of the candidate 80.0%, below 90.0%")


def test_coverage_that_fell(make_side):
    b = make_side("b", values(), entries={AKD: entry(AKD, values()[AKD], coverage=0.95)})
    verdict = gate(make_side("a", values()), b, Rules())
    incomplete(verdict, "coverage fell from 100.0% to 95.0%")
    assert status(verdict)[AKD] == "broken" and status(verdict)[CSIM] == "same"
    allowed = Rules(metrics={"akd": Rule(coverage_drop=0.1)})
    assert gate(make_side("c", values()), b, allowed).exit_code == 0


def test_rules_can_ask_for_more_coverage(make_side):
    sides = [make_side(n, values(), entries={AKD: entry(AKD, values()[AKD], coverage=0.95)}) for n in "ab"]
    assert gate(*sides, Rules()).exit_code == 0
    incomplete(gate(*sides, Rules(metrics={AKD: Rule(min_coverage=0.99)})), "below 99.0%")


def test_a_metric_that_went_missing(make_side):
    b = make_side("b", {CSIM: values()[CSIM]})
    incomplete(gate(make_side("a", values()), b, Rules()), "akd[dlib68] could not be judged", "not scored with it")
    assert gate(make_side("c", values()), b, Rules(metrics={"akd": Rule(ignore=True)})).exit_code == 0


def test_an_unavailable_metric(make_side):
    gone = entry(AKD, [], status="unavailable", reason="no weights", signature=None)
    b = make_side("b", {CSIM: values()[CSIM]}, entries={AKD: gone})
    incomplete(gate(make_side("a", values()), b, Rules()), "unavailable: no weights")


def test_nan_is_missing_not_a_number(make_side):
    scores = values() | {AKD: [None] * 40}
    incomplete(gate(make_side("a", values()), make_side("b", scores), Rules()), "the candidate has no value")
    with pytest.raises(RunError, match="NaN is not a number"):
        make_side("c", values(), entries={AKD: entry(AKD, values()[AKD], value=float("nan"))})


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("where", [("in the baseline", 1, 0), ("now", 0, 1), ("in the baseline and now", 1, 1)])
def test_a_value_without_a_signature_is_compared_with_nothing(make_side, nothing, where):
    text, *without = where
    unsigned = {AKD: entry(AKD, values()[AKD], signature=nothing)}
    sides = [make_side(name, values(), entries=unsigned if no else {}) for name, no in zip("ab", without, strict=True)]
    verdict = gate(*sides, Rules())
    assert verdict.exit_code == 4 and f"{AKD} has a value without a signature {text}:" in verdict.reasons[0]
    assert gate(*sides, Rules(metrics={AKD: {"ignore": True}})).exit_code == 0


def test_nan_of_one_clip_leaves_the_pair_out(make_side):
    scores = values()
    scores[AKD][3] = np.nan
    verdict = gate(make_side("a", values()), make_side("b", scores, entries={AKD: entry(AKD, values()[AKD])}), Rules())
    assert next(row for row in verdict.metrics if row.key == AKD).pairs == 39


def test_a_rule_about_a_metric_without_a_value(make_side):
    gone = {AKD: entry(AKD, [], status="unavailable", reason="no weights", signature=None)}
    sides = [make_side(n, {CSIM: values()[CSIM]}, entries=gone) for n in "ab"]
    assert gate(*sides, Rules()).exit_code == 0
    incomplete(gate(*sides, Rules(metrics={AKD: Rule(relative=0.1)})), AKD)


def test_incomplete_wins_over_regression_and_still_names_it(make_side):
    worse = moved(1.0) | {CSIM: values()[CSIM] * 0.5}
    b = make_side("b", worse, entries={AKD: entry(AKD, values()[AKD], coverage=0.5)})
    incomplete(gate(make_side("a", values()), b, Rules()), "csim[dlib] is worse")
