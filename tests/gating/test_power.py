"""What a comparison can see and show, and how many clips a smaller loss needs."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy
from scipy import stats

from evalkit.gating.decision import of_two
from evalkit.gating.evidence import gather
from evalkit.gating.needs import needs, proposed_rules, provable
from evalkit.gating.power import DRAWS, aimed, called, detectable_loss, needed_for, provable_margin
from evalkit.gating.rules import Rule, Rules, read_rules
from evalkit.gating.verdict import gate
from evalkit.gating.views import Differences, View
from evalkit.statistics.estimate import Estimate
from tests.gating.conftest import people, values

CSIM, AKD = "csim[dlib]", "akd[dlib68]"


def known(people, spread=1.0):
    return Estimate(0.0, spread / math.sqrt(people), people - 1.0, people)


def test_textbook_size_for_many_people():
    # One-sided z at 5 % and 80 % power: (1.645 + 0.842) / sqrt(n) = 2.487 / 40 for n = 1600.
    assert called(known(1600), 0.05, 0.0, 0.8) == pytest.approx(2.487 / 40, rel=0.01)


@pytest.mark.parametrize(("count", "factor"), [(4, 4.34), (6, 3.42), (8, 3.10), (12, 2.85), (20, 2.69), (50, 2.56)])
def test_both_spreads_are_estimates(count, factor):
    # Factors on the standard error at 5 %, from 40,000 draws of their own (2 % apart at most).
    assert called(known(count), 0.05, 0.0, 0.8) * math.sqrt(count) == pytest.approx(factor, rel=0.025)


@pytest.mark.parametrize("count", [3, 6, 12, 40])
@pytest.mark.parametrize("tolerance", [0.0, 0.5])
def test_the_promise_is_kept_by_another_comparison(count, tolerance):
    # 400 comparisons state a loss, 1,000 others meet it: 80 % within 3 points (the 400 alone give 0.7 to 1.5).
    generator = np.random.default_rng(count)
    stated, others = generator.normal(size=(400, count)), generator.normal(size=(1000, count))
    errors = stated.std(axis=1, ddof=1) / math.sqrt(count)
    losses = [called(Estimate(0.0, float(e), count - 1.0, count), 0.04, tolerance, 0.8) for e in errors]
    moved = others.mean(axis=1) + np.array(losses)[:, None]
    error = others.std(axis=1, ddof=1) / math.sqrt(count)
    seen = (moved > tolerance) & (stats.t.sf(moved / error, count - 1) <= 0.04)
    assert seen.mean() == pytest.approx(0.8, abs=0.03)


def test_an_equal_candidate_is_shown_within_the_provable_margin_as_often_as_said():
    for count in (3, 6, 12, 100):
        draws = np.random.default_rng(count).normal(size=(20_000, count))
        error = draws.std(axis=1, ddof=1) / math.sqrt(count)
        high = draws.mean(axis=1) + stats.t.ppf(0.95, count - 1) * error
        assert (high < provable_margin(known(count))).mean() == pytest.approx(0.9, abs=0.01)


def test_margins_of_the_seed_study():
    # AKD spreads by 5.6 % of its mean: about 7.5 % at 6 people, 5 % at 12, 1.6 % at 100.
    found = [100 * provable_margin(known(people, 0.056)) for people in (6, 12, 100)]
    assert found == pytest.approx([7.8, 5.1, 1.65], abs=0.1)
    assert provable_margin(known(6, 0.056), 100) == pytest.approx(provable_margin(known(100, 0.056)), rel=1e-9)


@pytest.fixture
def noisy(make_side):
    """Two sides of 40 clips of 20 people that differ by noise."""
    generator = np.random.default_rng(1)
    after = {key: means * (1 + 0.02 * generator.normal(size=40)) for key, means in values().items()}
    return make_side("a", values()), make_side("b", after)


def test_tolerance_hides_small_losses(noisy):
    e = gather(AKD, *noisy, Rules(metrics={AKD: Rule(absolute=1.0)}))
    assert detectable_loss(e, 0.05) > 1.0 and needed_for(e, 0.05, 1.0).clips is None


def test_a_smaller_level_sees_less(noisy):
    e = gather(AKD, *noisy, Rules())
    assert detectable_loss(e, 0.005) > detectable_loss(e, 0.05)


def test_needed_and_detectable_agree(noisy):
    e = gather(CSIM, *noisy, Rules(metrics={CSIM: Rule(absolute=0.0)}))
    need = needed_for(e, 0.05, detectable_loss(e, 0.05))
    assert (need.clips, need.identities) == (40, 20)
    half = needed_for(e, 0.05, detectable_loss(e, 0.05) / 2)
    assert half.identities / 20 == pytest.approx(4, rel=0.1)


def test_two_views_that_agree_see_as_much_as_one_and_no_less(noisy):
    both = gather(AKD, *noisy, Rules(metrics={AKD: Rule(absolute=0.0)}))
    mean = replace(both, views=both.views[:1])
    assert len(both.views) == 2 and detectable_loss(both, 0.05) <= 1.05 * detectable_loss(mean, 0.05)


def test_two_unrelated_views_share_the_level(noisy):
    """Very many people: 1 - Phi(c - loss)^2 = aimed, where either view alone has the corrected level."""
    values = [np.tile([1.0, -1.0], 20), np.repeat([1.0, -1.0], 20)]
    names, sure = tuple(map(str, range(40))), Estimate(0.0, 1.0, math.inf, 40)

    class Known(Differences):
        loss = sure

    views = tuple(View("mean", Known(v, np.ones(40), names, names), 0.0) for v in values)
    e = replace(gather(AKD, *noisy, Rules()), views=views)
    alone = scipy.optimize.brentq(lambda p: float(of_two(np.array(p), 0.0)) - 0.05, 1e-3, 0.05)
    expected = stats.norm.isf(alone) - stats.norm.ppf(math.sqrt(1 - aimed(0.8)))
    assert detectable_loss(e, 0.05) == pytest.approx(expected, rel=0.01)
    assert detectable_loss(replace(e, views=views[:1]), 0.05) == pytest.approx(
        stats.norm.isf(0.05) - stats.norm.ppf(1 - aimed(0.8)), rel=0.01
    )


def test_few_people_see_nothing(make_side):
    sides = [make_side(n, {CSIM: values(seed, 6)[CSIM]}, pairs=people(6, 2)) for n, seed in (("a", 0), ("b", 1))]
    assert detectable_loss(gather(CSIM, *sides, Rules()), 0.05) is None
    assert provable_margin(Estimate(0.0, None, None, 2, "2 people")) is None


def test_the_command_proposes_rules_that_can_be_read_and_pass(noisy, tmp_path):
    found = provable(*noisy, Rules())
    assert [row.metric for row in found] == [CSIM, AKD] and all(row.now < row.proposed for row in found)
    assert list(found[0].at) == [6, 12, 50, 100] and found[0].at[6] > found[0].at[100]
    text = proposed_rules(found, Rules())
    (tmp_path / "gate.yaml").write_text(text)
    rules = read_rules(tmp_path / "gate.yaml")
    assert rules.primary == (AKD,) and rules.of(AKD).margin.endswith("%") and rules.of(CSIM).margin > 0
    assert gate(*noisy, rules).exit_code == 0


def test_needs_by_name(noisy):
    rows = needs(*noisy, Rules(), ["csim=0.05", "akd=50%"], 0.95)
    assert [row.metric for row in rows] == [CSIM, AKD] and all(row.clips < 40 for row in rows)


def test_draws_are_enough():
    # The standard error of a quantile at 80 % of that many normal draws, in units of their spread: below 1 %.
    assert math.sqrt(0.8 * 0.2 / DRAWS) / stats.norm.pdf(stats.norm.ppf(0.8)) < 0.011
