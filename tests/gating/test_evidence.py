"""What is known of one metric on both sides: the two numbers, what they rest on, and why they may be none."""

import math
from dataclasses import replace

import numpy as np
import pytest

from evalkit.gating.evidence import _broken, _tolerance, _unpaired, gather, metric_keys
from evalkit.gating.rules import Rule, Rules
from evalkit.records.run import MetricSummary
from tests.facts import metric_facts
from tests.gating.conftest import entry, people, values

AKD = "akd[dlib68]"


@pytest.fixture
def published(make_side):
    """A side of one number with an interval, without scores per pair."""

    def made(name, value, low, high, **changes):
        one = entry("l1", [value], ci_low=low, ci_high=high, **changes)
        return replace(make_side(name, {}, entries={"l1": one}), scores=None)

    return made


def test_two_intervals_are_taken_as_independent_and_normal(published):
    # Halves of 1 and 2: the difference of 2 has half an interval of sqrt(1 + 4).
    e = gather("l1", published("a", 10.0, 9.0, 11.0), published("b", 12.0, 10.0, 14.0), Rules())
    assert e.interval == pytest.approx((2 - math.sqrt(5), 2 + math.sqrt(5)), abs=1e-6)
    assert (e.estimate.mean, e.estimate.df, e.estimate.people, e.left_out) == (2.0, math.inf, 0, False)
    assert e.views == () and e.differences is None and e.broken is None


@pytest.mark.parametrize("bounds", [((9.0, 11.0), (None, None)), ((None, None), (10.0, 14.0))])
def test_without_both_intervals_there_is_a_word(published, bounds):
    e = gather("l1", published("a", 10.0, *bounds[0]), published("b", 12.0, *bounds[1]), Rules())
    assert e.interval is None and e.estimate.error is None and e.estimate.mean == 2.0
    assert e.estimate.word == "no scores of the same pairs and no intervals"


def test_a_loss_is_positive_whichever_direction_is_better(make_side):
    csim = "csim[dlib]"
    a, b = make_side("a", values()), make_side("b", {key: 0.5 * means for key, means in values().items()})
    lost, gained = gather(csim, a, b, Rules()), gather(AKD, a, b, Rules())
    assert lost.sign == -1 and lost.estimate.mean == pytest.approx(0.5 * values()[csim].mean())
    assert gained.sign == 1 and gained.estimate.mean == pytest.approx(-0.5 * values()[AKD].mean())


def test_the_larger_of_two_tolerances_counts_and_that_of_a_negative_value_is_positive(published):
    a, b = published("a", -10.0, -11.0, -9.0), published("b", -10.0, -11.0, -9.0)
    for rule, tolerance in ((Rule(absolute=0.2, relative=0.05), 0.5), (Rule(absolute=0.7, relative=0.05), 0.7)):
        assert gather("l1", a, b, Rules(default=rule)).tolerance == pytest.approx(tolerance)
    assert gather("l1", a, b, Rules(default=Rule(absolute=0))).tolerance == 0
    # 25 % of the value for unknown people.
    assert gather("l1", a, b, Rules()).margin == pytest.approx(2.5)


def test_in_a_part_of_the_protocol_only_the_pairs_of_the_candidate_count(make_side):
    few = {AKD: values()[AKD][:10] + 1}
    a, b = make_side("a", {AKD: values()[AKD]}), make_side("b", few)
    part = gather(AKD, a, b, Rules(), subset=True)
    assert (part.baseline, part.candidate) == pytest.approx((values()[AKD][:10].mean(), few[AKD].mean()))
    whole = gather(AKD, a, b, Rules())
    assert whole.baseline == pytest.approx(values()[AKD].mean()) and whole.estimate.mean == pytest.approx(1)


@pytest.mark.parametrize(
    ("rule", "changes", "word"),
    [
        (Rule(), {"coverage": 0.98}, None),  # a drop of 2 points is allowed
        (Rule(), {"coverage": 0.979}, "coverage fell from 100.0% to 97.9%"),
        (Rule(coverage_drop=1), {"coverage": 0.9}, None),  # the floor of the protocol itself
        (Rule(coverage_drop=1), {"coverage": 0.899}, "coverage of the candidate 89.9%, below 90.0%"),
        (Rule(coverage_drop=1, min_coverage=0), {"coverage": 0.1, "status": "low_coverage"}, None),
        (Rule(coverage_drop=1), {"coverage": 0.95, "status": "low_coverage"}, "candidate 95.0%, below 90.0%"),
        (Rule(), {"value": None, "status": "nothing_scored"}, "the candidate has no value"),
        (Rule(), {"value": None, "status": "unavailable", "reason": "no weights"}, "unavailable: no weights"),
        (Rule(), {"value": None, "status": "unavailable"}, "unavailable: no reason given"),
    ],
)
def test_why_a_metric_could_not_be_measured(make_side, rule, changes, word):
    means = values()[AKD]
    a, b = make_side("a", {AKD: means}), make_side("b", {AKD: means}, entries={AKD: entry(AKD, list(means), **changes)})
    broken = gather(AKD, a, b, Rules(default=rule)).broken
    assert broken is None if word is None else word in broken


def test_metrics_are_those_the_baseline_has_a_value_of(make_side):
    gone = {"psnr": entry("psnr", [], status="unavailable", signature=None)}
    a = make_side("a", values(), entries=gone)
    b = make_side("b", {**values(), "l1": np.ones(40)}, pairs=people(), entries=gone)
    assert metric_keys(a, b) == (["csim[dlib]", AKD], ["l1"])
    assert metric_keys(b, a) == (["csim[dlib]", AKD, "l1"], [])


def summary_of(status="ok", coverage=1.0, **changes):
    return MetricSummary(**metric_facts(status=status, coverage=coverage, **changes))


@pytest.mark.parametrize(
    ("rule", "floor", "sides", "values", "word"),
    [
        ({}, 0.9, ({}, None), (1.0, None), "the candidate was not scored with it"),
        ({}, 0.9, ({}, {}), (None, 1.0), "the baseline has no value"),
        ({}, 0.9, ({}, {}), (1.0, None), "the candidate has no value"),
        ({}, 0.9, ({}, {}), (0.0, 0.0), None),
        ({}, 0.9, ({"coverage": 0.9}, {"coverage": 0.9}), (1.0, 1.0), None),
        ({}, 0.9, ({"coverage": 0.899}, {}), (1.0, 1.0), "coverage of the baseline 89.9%, below 90.0%"),
        ({}, 0.0, ({"status": "low_coverage", "coverage": 0.5}, {}), (1.0, 1.0),
         "coverage of the baseline 50.0%, below its protocol's floor"),
        ({"min_coverage": 0.4}, 0.9, ({"status": "low_coverage", "coverage": 0.5}, {}), (1.0, 1.0), None),
        ({"min_coverage": 0.6}, 0.0, ({"coverage": 0.5}, {}), (1.0, 1.0),
         "coverage of the baseline 50.0%, below 60.0%"),
        ({}, 0.0, ({}, {"coverage": 0.0}), (1.0, 1.0), None),  # a drop of everything, without a rule about it
        ({"coverage_drop": 0.5}, 0.0, ({}, {"coverage": 0.5}), (1.0, 1.0), None),
        ({"coverage_drop": 0.5}, 0.0, ({}, {"coverage": 0.49}), (1.0, 1.0), "coverage fell from 100.0% to 49.0%"),
        ({"coverage_drop": 0.0}, 0.0, ({}, {"coverage": 0.99}), (1.0, 1.0), "coverage fell from 100.0% to 99.0%"),
        ({"coverage_drop": 0.0}, 0.0, ({"coverage": 0.5}, {}), (1.0, 1.0), None),  # more of it is no loss
        ({}, 0.0, ({}, {"status": "unavailable", "value": None, "reason": "no weights"}), (1.0, None),
         "unavailable: no weights"),
    ],
)  # fmt: skip
def test_why_a_metric_is_broken_case_by_case(rule, floor, sides, values, word):
    one, other = (None if facts is None else summary_of(**facts) for facts in sides)
    assert _broken(Rule(**rule), floor, one, other, list(values)) == word


@pytest.mark.parametrize(
    ("rule", "baseline", "tolerance"),
    [
        ({}, 10.0, 0.0),
        ({"absolute": 0.2}, None, 0.2),
        ({"relative": 0.1}, None, 0.0),
        ({"relative": 0.1}, -10.0, 1.0),
        ({"absolute": 2.0, "relative": 0.1}, 10.0, 2.0),
        ({"absolute": 0.2, "relative": 0.1}, 10.0, 1.0),
    ],
)
def test_the_larger_tolerance_counts(rule, baseline, tolerance):
    assert _tolerance(Rule(**rule), baseline) == pytest.approx(tolerance)


def test_two_intervals_of_other_widths():
    bounds = [(1.0, 3.0), (4.0, 10.0)]
    one, other = (summary_of(value=sum(b) / 2, ci_low=b[0], ci_high=b[1]) for b in bounds)
    found = _unpaired(one, other, 5.0)
    assert found.error == pytest.approx(math.hypot(1, 3) / 1.959964) and (found.mean, found.people) == (5.0, 0)
    assert _unpaired(one, None, 5.0) is None and _unpaired(one, other, None) is None
    for changes in ({"ci_low": None}, {"ci_high": None}):
        assert _unpaired(one, other.model_copy(update=changes), 5.0).error is None
        assert _unpaired(one.model_copy(update=changes), other, 5.0).error is None
