"""A row of a verdict, and the words that say why: on evidence and tests that are written out."""

import math
from dataclasses import replace

import numpy as np
import pytest

from evalkit.gating.evidence import Evidence
from evalkit.gating.judge import ALARMS, _gain, _limit, _room, _row, _status, judge
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.significance import Call
from evalkit.gating.significance import Tested as Found  # a test class by its own name
from evalkit.gating.views import Differences, View
from evalkit.statistics.estimate import Estimate

LOSS = Estimate(0.5, 0.1, 19.0, 20)
FREE = {"coverage_drop": 0.02, "too_good": 0.5, "must_improve": False, "typical": True, "ignore": False}


def evidence(key="l1", rule=None, **changes):
    """Of a metric that lost 0.5 of 10, with a tolerance of 0.2 and a margin of 1."""
    facts = {
        "title": "L1", "better": "lower", "unit": "px", "signature": "l1|v1",
        "rule": Rule(absolute=0.2, margin=1.0, **{**FREE, **(rule or {})}), "baseline": 10.0, "candidate": 10.5,
        "baseline_coverage": 0.99, "candidate_coverage": 0.98, "estimate": LOSS, "views": (), "left_out": False,
        "broken": None,
    }  # fmt: skip
    return Evidence(key=key, **{**facts, **changes})


def outcome(word="worse", loss=LOSS, view="mean", **changes):
    call = Call(view, loss, 0.2, 0.001, 0.999)
    facts = {"alarm": False, "p": 0.001, "adjusted": 0.002, "high": 0.7, "level": 0.04}
    return Found(basis="unpaired", calls=(call,), word=word, call=call, **{**facts, **changes})


def paired(values):
    names = tuple(f"p{i}" for i in range(len(values)))
    return (View("mean", Differences(np.array(values, float), np.ones(len(values)), names, names), 0.2),)


def test_what_is_an_alarm():
    assert ALARMS == ("worse", "suspicious")


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ({"floor": 10.5}, 10.5, None),  # the floor itself is allowed, and so is the ceiling
        ({"floor": 10.6}, 10.5, "10.5 is below the floor 10.6"),
        ({"ceiling": 10.5}, 10.5, None),
        ({"ceiling": 10.4}, 10.5, "10.5 is above the ceiling 10.4"),
        ({"floor": 0.0, "ceiling": 0.0}, 0.0, None),
        ({"floor": 0.0}, -1.0, "-1 is below the floor 0"),
        ({"ceiling": 0.0}, 1.0, "1 is above the ceiling 0"),
        ({}, 10.5, None),
    ],
)
def test_floor_and_ceiling(rule, value, said):
    assert _limit(evidence(rule=rule), value) == said


@pytest.mark.parametrize(
    ("rule", "found", "status", "reason"),
    [
        ({}, None, "broken", "None"),
        ({"floor": 11.0}, outcome("better"), "worse", "10.5 is below the floor 11"),
        ({}, outcome(), "worse", "a loss of 0.5, more than the 0.2 tolerated"),
        ({"direction": "both"}, outcome(), "worse", "a change of 0.5, more than the 0.2 tolerated"),
        (
            {},
            outcome(view="typical"),
            "worse",
            "a loss of 64.87% of a typical clip's value, more than the 22.14% of a typical clip's value tolerated",
        ),
        ({"must_improve": True}, outcome("same"), "worse", "no significant gain beyond the tolerance, which the rules "
         "ask for"),
        ({}, outcome("same"), "same", "a loss of 1 or more is excluded"),
        (
            {},
            outcome("not_proven"),
            "not_proven",
            "a loss of up to 0.7 is possible; one of 1 or more has to be excluded",
        ),
        (
            {},
            outcome("not_proven", alarm=True),
            "not_proven",
            "a loss of 0.5 that would be significant if it were judged alone (p = 0.001)",
        ),
    ],
)  # fmt: skip
def test_the_status_and_why(rule, found, status, reason):
    assert _status(evidence(rule=rule), found) == (status, reason)


@pytest.mark.parametrize(
    ("rule", "alarm", "reason"),
    [
        ({}, True, "a loss of 0.5, more than the 0.2 tolerated, but nothing can be told from noise: 2 people"),
        ({}, False, "nothing can be told from noise: 2 people"),
        (
            {"direction": "both"},
            True,
            "a change of 0.5, more than the 0.2 tolerated, but nothing can be told from noise: 2 people",
        ),
    ],
)
def test_a_loss_without_an_error(rule, alarm, reason):
    unsure = Estimate(-0.5, None, None, 2, "2 people")
    e = evidence(rule=rule, estimate=unsure)
    assert _status(e, outcome("not_proven", unsure, high=None, p=None, alarm=alarm)) == ("not_proven", reason)


def test_a_gain_is_told_by_the_view_that_has_it():
    lost, won = outcome().call, gained(3.0)
    found = replace(outcome("better"), calls=(lost, won), call=lost)
    assert _status(evidence(), found) == ("better", "a gain of 3")


def test_a_loss_where_none_is_tolerated():
    found = outcome()
    call = replace(found.call, tolerance=0.0)
    assert _status(evidence(), replace(found, call=call))[1] == "a loss of 0.5, and none is tolerated"


def test_pairs_that_are_all_the_same_and_pairs_that_are_not():
    assert _status(evidence(views=paired([0, 0, 0])), outcome("same"))[1] == "every pair has the same value"
    assert _status(evidence(views=paired([0, 0, 1])), outcome("same"))[1] == "a loss of 1 or more is excluded"


def gained(size, view="mean"):
    return Call(view, Estimate(-size, 0.01, 19.0, 20), 0.2, 0.999, 0.001)


@pytest.mark.parametrize(
    ("size", "too_good", "status"),
    [
        (5.0, 0.5, "better"),  # half of the way from 10 to 0 is still believed
        (5.1, 0.5, "suspicious"),
        (9.9, 0.99, "better"),
        (11.0, 0.99, "suspicious"),
        (11.0, 1, "better"),  # 1 switches it off
        (9.9, None, "better"),
    ],
)
def test_a_gain_that_is_too_good(size, too_good, status):
    found, text = _gain(evidence(rule={"too_good": too_good}), gained(size))
    assert found == status
    if status == "suspicious":
        assert text == f"too good: {size / 10:.0%} of the way to a perfect value in one step; look for a leak or a bug"
    else:
        assert text == f"a gain of {size:.4g}"


def test_a_gain_of_the_typical_clip_is_a_share_of_the_baseline():
    """A gain of 0.6 in logarithms is 45 % of the value; one of 0.8 is 55 %."""
    for size, status in ((0.6, "better"), (0.8, "suspicious")):
        assert _gain(evidence(), gained(size, "typical"))[0] == status
        # Without a value there is no way to a perfect one.
        assert _gain(evidence(baseline=None), gained(size, "typical"))[0] == "better"
    assert _gain(evidence(baseline=-10.0), gained(0.8, "typical"))[0] == "suspicious"
    assert _gain(evidence("csim[dlib]", better="higher", baseline=0.0), gained(0.8, "typical"))[0] == "better"


@pytest.mark.parametrize(
    ("key", "better", "baseline", "room"),
    [
        ("l1", "lower", 10.0, 10.0),
        ("csim[dlib]", "higher", 0.9, 0.1),
        ("csim[dlib]", "higher", -0.5, 1.5),
        ("psnr", "higher", 30.0, 70.0),
        ("psnr", "higher", None, 100.0),
        ("unknown", "higher", 30.0, 30.0),  # infinite at best: its own size
        ("unknown", "higher", None, 0.0),
        ("unknown", "lower", 4.0, 4.0),
        ("unknown", "lower", -4.0, 4.0),
    ],
)
def test_the_room_up_to_a_perfect_value(key, better, baseline, room):
    assert _room(evidence(key, better=better, baseline=baseline)) == pytest.approx(room)


def test_a_row_of_a_metric_that_was_tested():
    call = Call("typical", Estimate(0.1, 0.01, 9.0, 10), 0.01, 0.001, 0.999)
    found = outcome()
    found = replace(found, calls=(*found.calls, call))
    e = evidence(views=paired([0.4, 0.5, 0.6]))
    row = _row(e, found, True)
    half = LOSS.interval()[1] - 0.5
    assert (row.key, row.title, row.better, row.unit, row.signature) == ("l1", "L1", "lower", "px", "l1|v1")
    assert (row.basis, row.judged, row.primary, row.allowed_unproven) == ("unpaired", True, True, False)
    assert (row.baseline, row.candidate, row.change) == (10.0, 10.5, 0.5)
    assert (row.change_low, row.change_high) == pytest.approx((0.5 - half, 0.5 + half))
    assert row.typical == pytest.approx(math.expm1(0.1))
    assert (row.tolerance, row.margin, row.loss_high) == (0.2, 1.0, 0.7)
    assert (row.p, row.p_corrected, row.level, row.pairs, row.identities) == (0.001, 0.002, 0.04, 3, 20)
    assert (row.baseline_coverage, row.candidate_coverage) == (0.99, 0.98)


def test_a_row_of_a_metric_that_is_better_higher_turns_the_interval_round():
    row = _row(evidence(better="higher", candidate=9.5), outcome(), False)
    nothing = _row(evidence(better="higher", estimate=replace(LOSS, mean=0.0)), outcome(), False)
    assert math.copysign(1, nothing.change) == 1  # no change is not printed as -0
    assert row.change == -0.5 and row.change_low < -0.5 < row.change_high and not row.primary
    assert (row.pairs, row.typical, row.detectable) == (0, None, None)


def test_a_row_of_a_metric_that_was_not_measured():
    row = _row(evidence(broken="no weights", estimate=None, candidate=None), None, False)
    assert (row.status, row.reason, row.basis, row.identities, row.pairs) == ("broken", "no weights", "none", 0, 0)
    assert {row.change, row.change_low, row.change_high, row.typical, row.loss_high, row.p, row.p_corrected, row.level,
            row.detectable} == {None}  # fmt: skip
    assert _row(evidence(rule={"ignore": True}, broken="x"), None, False).judged is False


@pytest.mark.parametrize(
    ("rule", "alarm", "let_pass"),
    [({"allow_unproven": True}, False, True), ({"allow_unproven": True}, True, False), ({}, False, False)],
)
def test_what_the_rules_let_pass(rule, alarm, let_pass):
    found = outcome("not_proven", alarm=alarm)
    assert _row(evidence(rule=rule), found, True).allowed_unproven is let_pass
    assert _row(evidence(rule={"allow_unproven": True}, broken="x"), None, True).allowed_unproven is True


def test_a_change_in_either_direction_is_called_at_half_the_level():
    values = np.linspace(0.4, 0.6, 20)
    one, either = (
        _row(evidence(rule=rule, views=paired(values)), outcome(level=level), True).detectable
        for rule, level in (({}, 0.02), ({"direction": "both"}, 0.04))
    )
    assert one == pytest.approx(either)


def test_metrics_keep_their_order_and_an_ignored_one_is_tested_alone():
    rules = Rules(primary=("ssim",))
    measured = [evidence("l1"), evidence("ssim", rule={"ignore": True}), evidence("psnr", broken="gone")]
    rows = judge(measured, rules)
    assert [(row.key, row.primary, row.judged) for row in rows] == [
        ("l1", True, True), ("ssim", False, False), ("psnr", False, True)
    ]  # fmt: skip
    # Tested alone it is primary, so both have four fifths of five per cent.
    assert [row.level for row in rows] == [pytest.approx(0.04), pytest.approx(0.04), None]
    assert [row.level for row in judge(measured, rules, 0.5)][:2] == pytest.approx([0.02, 0.02])


def test_what_is_ignored_takes_nothing_from_the_others():
    """The primary metric has four fifths of five per cent, the only other judged one the rest."""
    measured = [evidence("l1"), evidence("lpips"), evidence("ssim", rule={"ignore": True})]
    rows = judge(measured, Rules(primary=("l1",)))
    assert [row.level for row in rows] == pytest.approx([0.04, 0.01, 0.04])
