"""The rule as functions of numbers: correction, words, two views."""

import numpy as np
import pytest
from scipy import stats

from evalkit.gating.decision import PRIMARY, corrected, of_two, share, surest, words
from evalkit.statistics.holm import holm

FIRST = np.array([True, False, False])


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    assert holm(np.array([[0.5, 0.6], [0.01, 0.6]])) == pytest.approx(np.array([[1.0, 1.0], [0.02, 0.6]]))


def test_primary_metrics_own_their_share_also_alone():
    alone = corrected(np.array([0.02]), np.array([True]))
    beside = corrected(np.array([0.02, 0.5, 0.9]), FIRST)
    assert alone[0] == beside[0] == pytest.approx(0.02 / PRIMARY)


def test_the_rest_gets_all_of_alpha_once_every_primary_metric_is_red():
    # Holm over two others: 0.02, and 0.5. Red at 0.05 where the primary is red at 0.05, and not where it is not.
    for first, expected in ((0.001, 0.02), (0.03, 0.0375), (0.5, 0.1)):
        assert corrected(np.array([first, 0.01, 0.5]), FIRST)[1] == pytest.approx(expected)


def test_corrected_p_values_are_chances():
    # 0.9 in the fifth of the others is 4.5 times as much.
    assert corrected(np.array([0.5, 0.9, 0.9]), FIRST) == pytest.approx([0.625, 1, 1])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1, 1])


def test_shares_by_hand():
    assert share(FIRST) == pytest.approx([0.8, 0.1, 0.1]) and share(~FIRST) == pytest.approx([0.2, 0.4, 0.4])
    assert share(np.array([True])) == pytest.approx([0.8]) and share(np.array([False] * 4)) == pytest.approx([0.25] * 4)


def test_shares_are_what_the_correction_asks_of_the_first_metric():
    for primary in (FIRST, np.array([True, True, False, False]), np.array([True]), np.array([False, False])):
        for place, part in enumerate(share(primary)):
            p = np.ones(len(primary))
            p[place] = 0.05 * part
            assert corrected(p, primary)[place] == pytest.approx(0.05)


def test_any_false_alarm_is_at_most_alpha():
    # 40,000 draws of independent metrics: 5 % has a standard error of 0.11 points.
    p = np.random.default_rng(0).random((40_000, 5))
    for primary in ([True, False, False, False, False], [True, True, False, False, False], [True] * 5):
        red = (corrected(p, np.array(primary)) <= 0.05).any(axis=1).mean()
        assert 0.03 < red <= 0.05 + 3 * 0.0011


def test_what_is_red_alone_is_never_green_beside_others():
    generator = np.random.default_rng(1)
    p = generator.random((20_000, 8)) ** 3
    beyond = generator.random(p.shape) < 0.7
    primary = np.arange(8) == 0
    high = np.zeros_like(p)
    named, alarm = words(beyond, p, corrected(p, primary), 0.05, ~beyond, high, np.ones(8))
    alone = beyond & (np.minimum(1, p / PRIMARY) <= 0.05)
    assert (alone & np.isin(named, ["same", "better"])).sum() == 0 and alone.any() and (alarm == alone).all()
    assert {"worse", "same", "better", "not_proven"} == set(np.unique(named))


@pytest.mark.parametrize(
    ("beyond", "p", "adjusted", "gained", "high", "expected"),
    [
        (True, 0.001, 0.05, False, 9.0, ("worse", True)),  # alpha itself is permitted
        (True, 0.001, 0.051, False, 0.5, ("not_proven", True)),  # red alone: never green
        (True, 0.04, 0.051, False, 0.5, ("not_proven", True)),  # the share of a primary metric, 0.8 of 0.05, itself
        (True, 0.041, 0.051, False, 0.5, ("same", False)),
        (False, 0.001, 0.001, False, 0.5, ("same", False)),  # a loss within the tolerance
        (False, 0.9, 1.0, True, 0.5, ("better", False)),
        (False, 0.9, 1.0, True, 1.0, ("not_proven", False)),  # the margin itself is not excluded
        (False, 0.9, 1.0, False, 1.0, ("not_proven", False)),
        (True, 0.001, 0.06, True, 0.5, ("not_proven", True)),
    ],
)
def test_words_and_alarms_one_by_one(beyond, p, adjusted, gained, high, expected):
    arrays = [np.array([value]) for value in (beyond, p, adjusted)]
    named, alarm = words(*arrays, 0.05, np.array([gained]), np.array([high]), np.array([1.0]))
    assert (str(named[0]), bool(alarm[0])) == expected


def test_nothing_is_shown_by_an_infinite_bound():
    nothing = np.array([False])
    named, _ = words(nothing, np.ones(1), np.ones(1), 0.05, nothing, np.array([np.inf]), np.array([1.0]))
    assert named[0] == "not_proven"


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.4, 0.9, 1.0])
@pytest.mark.parametrize("p", [0.001, 0.03, 0.5, 0.8])
def test_two_views_of_one_metric(correlation, p):
    # 1 - P(both statistics stay below the quantile of p), from scipy's own bivariate normal law.
    z = stats.norm.isf(p)
    law = stats.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], allow_singular=True)
    assert float(of_two(np.array(p), correlation)) == pytest.approx(1 - law.cdf([z, z]), abs=2e-5)


def test_the_surest_view_beyond_its_tolerance_speaks():
    loss, tolerance = np.array([[1.0, 1.0, -1.0], [0.5, 0.1, 2.0]]), np.array([[0.5] * 3, [0.2] * 3])
    p, q = np.array([[0.2, 0.2, 0.99], [0.1, 0.01, 0.01]]), np.array([[0.8, 0.8, 0.01], [0.9, 0.9, 0.9]])
    # Surer; surer but within the tolerance; the mean has moved the other way.
    assert surest(loss, tolerance, p, q).tolist() == [1, 0, 0]
