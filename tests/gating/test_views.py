"""Two views of a loss: the mean in the metric's unit, and the typical clip as a share."""

import math
from dataclasses import replace

import numpy as np
import pytest

from evalkit.gating.evidence import gather
from evalkit.gating.rules import Rule, Rules
from evalkit.gating.verdict import gate
from evalkit.gating.views import Differences, View, correlation, scored_pairs, side_means
from tests.gating.conftest import people, values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


def views(make_side, before, after, rules=None, key=AKD):
    a, b = make_side("a", {key: before}), make_side("b", {key: after})
    return gather(key, a, b, rules or Rules()).views


def test_a_distance_has_both_views(make_side):
    before = values()[AKD]
    mean, typical = views(make_side, before, 1.05 * before)
    assert (mean.name, typical.name) == ("mean", "typical")
    assert mean.differences.loss.mean == pytest.approx(0.05 * before.mean()) and mean.tolerance == 0.01 * before.mean()
    assert math.expm1(typical.differences.loss.mean) == pytest.approx(0.05)
    assert math.expm1(typical.tolerance) == pytest.approx(0.01)


def test_losses_translate_between_units(make_side):
    mean, typical = views(make_side, values()[AKD], values()[AKD])
    assert mean.of_loss(0.3, 5.0) == mean.in_unit(0.3, 5.0) == 0.3
    assert typical.of_loss(0.3, 5.0) == pytest.approx(math.log(5.3 / 5.0))
    assert typical.in_unit(typical.of_loss(0.3, 5.0), 5.0) == pytest.approx(0.3)


def test_no_ratios_without_a_true_zero(make_side):
    assert [view.name for view in views(make_side, values()[CSIM], values()[CSIM], key=CSIM)] == ["mean"]


def test_no_ratios_of_zeros(make_side):
    before = np.append(values()[AKD][1:], 0.0)
    assert [view.name for view in views(make_side, before, before + 1.0)] == ["mean"]


@pytest.mark.parametrize(("count", "names"), [(9, ["mean"]), (10, ["mean", "typical"])])
def test_few_people_have_one_view(make_side, count, names):
    sides = [make_side(n, {AKD: values(count=20)[AKD]}, pairs=people(20, count)) for n in "ab"]
    assert [view.name for view in gather(AKD, *sides, Rules()).views] == names


def test_the_rules_can_leave_it_out(make_side):
    rules = Rules(metrics={AKD: Rule(typical=False)})
    assert [view.name for view in views(make_side, values()[AKD], values()[AKD], rules)] == ["mean"]


def few_bad_clips(loss):
    """Clips of which four are forty times worse, two of them by chance better now and two worse; all lose a share."""
    bad = np.arange(40) % 13 == 0
    noise = np.random.default_rng(0).normal(0, 0.01, 40)
    noise[bad] = [0.3, -0.3, 0.3, -0.3]
    before = values()[AKD] * np.where(bad, 40.0, 1.0)
    return before, before * np.exp(np.log1p(loss) + noise)


def test_a_loss_of_every_clip_is_seen_behind_the_noise_of_a_few(make_side):
    before, after = few_bad_clips(0.05)
    a, b = make_side("a", {AKD: before}), make_side("b", {AKD: after})
    red = gate(a, b, Rules())
    assert red.exit_code == 1 and "of a typical clip" in red.reasons[0]
    assert red.metrics[0].typical == pytest.approx(0.05, abs=0.01)
    assert gate(a, b, Rules(default=Rule(typical=False))).exit_code == 3


def test_the_typical_clip_is_told_as_a_share_not_as_a_logarithm(make_side):
    # All clips are 1.5 times worse: log(1.5) is 0.405.
    row = gate(make_side("a", values()), make_side("b", values() | {AKD: 1.5 * values()[AKD]}), Rules()).metrics[1]
    assert row.typical == pytest.approx(0.5)
    before, after = few_bad_clips(0.5)
    reason = gate(make_side("c", {AKD: before}), make_side("d", {AKD: after}), Rules()).metrics[0].reason
    assert "a loss of 49.88% of a typical clip" in reason and "1.00% of a typical clip" in reason


def test_half_of_every_clip_is_half_of_the_way_to_a_perfect_value(make_side):
    # Of the typical clip, whose logarithm is 0.693: more than `too_good`, which is 0.6.
    before, after = few_bad_clips(-0.5)
    verdict = gate(make_side("a", {AKD: before}), make_side("b", {AKD: after}), Rules(default=Rule(too_good=0.6)))
    assert verdict.metrics[0].status == "better"


def test_a_gain_of_the_mean_outweighs_the_typical_clip(make_side):
    # Half of the clips are 100 times larger and gain 30 %; the small ones lose 40 %: the mean is surely better.
    large = np.arange(40) // 20 == 0
    before = np.where(large, 100.0, 1.0) * values()[AKD]
    verdict = gate(
        make_side("a", {AKD: before}),
        make_side("b", {AKD: before * np.where(large, 0.7, 1.6)}),
        Rules(default=Rule(too_good=1)),
    )
    assert verdict.metrics[0].typical > 0.01 and verdict.metrics[0].status == "better"


def test_a_side_without_scores_of_pairs_has_no_pairs(make_side):
    side = make_side("a", values())
    assert len(scored_pairs(AKD, side, side)) == 40
    for one, other in ((side, replace(side, scores=None)), (replace(side, scores=None), side)):
        assert scored_pairs(AKD, one, other) == []


def test_the_means_of_both_sides(make_side):
    before = values()[AKD]
    pairs = scored_pairs(AKD, make_side("a", {AKD: before}), make_side("b", {AKD: 2 * before}))
    assert side_means(pairs, "clip") == pytest.approx((before.mean(), 2 * before.mean()))


@pytest.mark.parametrize(
    ("one", "other", "expected"), [((1, 2, 4), (2, 4, 8), 1), ((1, 2, 4), (-1, -2, -4), -1), ((1, 2, 4), (3, 3, 3), 1)]
)
def test_how_far_two_views_agree(one, other, expected):
    names = ("a", "b", "c")
    found = [View("mean", Differences(np.array(v, float), np.ones(3), names, names), 0.0) for v in (one, other)]
    assert correlation(found) == pytest.approx(expected)
    assert correlation(found[:1]) == 1


def test_how_far_two_views_agree_by_their_weights():
    """Pearson's correlation of values that are taken once, twice and three times."""
    names, weights = ("a", "b", "c"), np.array([1.0, 2.0, 3.0])
    one, other = np.array([1.0, 5.0, 2.0]), np.array([0.0, 1.0, 4.0])
    found = [View("mean", Differences(v, weights, names, names), 0.0) for v in (one, other)]
    repeated = [np.repeat(v, [1, 2, 3]) for v in (one, other)]
    assert correlation(found) == pytest.approx(np.corrcoef(*repeated)[0, 1])
