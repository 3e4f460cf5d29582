import numpy as np
import pytest

from evalkit.statistics.bradley_terry import strengths

ALL = ~np.eye(3, dtype=bool)


def test_two_methods_have_the_log_odds_of_their_votes():
    # s1 - s2 = log((k + 1/2) / (n - k + 1/2)) with variance 1 / (games p (1 - p)); strengths sum to 0, so s1 is half.
    found, half = strengths(np.array([[0.0, 30.0], [10.0, 0.0]]), ~np.eye(2, dtype=bool))
    difference = np.log(30.5 / 10.5)
    np.testing.assert_allclose(found, [difference / 2, -difference / 2], atol=1e-9)
    chance = 30.5 / 41
    np.testing.assert_allclose(half, 1.959964 * 0.5 / np.sqrt(41 * chance * (1 - chance)), rtol=1e-5)


def test_equal_votes_give_equal_strengths():
    found, half = strengths(np.where(ALL, 7.0, 0.0), ALL)
    np.testing.assert_allclose(found, 0, atol=1e-12)
    assert np.ptp(half) < 1e-9


def test_the_maximum_is_one():
    # At the maximum the expected wins of every method equal the counted ones.
    wins = np.array([[0.0, 12, 3], [5, 0, 9], [2, 14, 0]])
    found, _ = strengths(wins, ALL)
    counted = wins + 0.5 * ALL
    chance = 1 / (1 + np.exp(found[None] - found[:, None]))
    np.testing.assert_allclose((counted - (counted + counted.T) * chance).sum(axis=1), 0, atol=1e-8)


def test_winning_everything_stays_finite():
    found, half = strengths(np.array([[0.0, 1000, 1000], [0, 0, 0], [0, 0, 0]]), ALL)
    assert np.isfinite(found).all() and np.isfinite(half).all() and found[0] > 5


def test_methods_meet_through_a_third():
    star = np.array([[False, True, True], [True, False, False], [True, False, False]])
    found, _ = strengths(np.array([[0.0, 80, 20], [20, 0, 0], [80, 0, 0]]), star)
    assert found[2] > found[0] > found[1]
    np.testing.assert_allclose(found[0] - found[1], np.log(80.5 / 20.5), atol=1e-9)


def test_no_vote_says_nothing():
    found, half = strengths(np.zeros((3, 3)), ALL)
    np.testing.assert_allclose(found, 0, atol=1e-12)
    assert (half > 1).all()


def test_islands_are_refused():
    apart = np.zeros((4, 4), dtype=bool)
    apart[0, 1] = apart[1, 0] = apart[2, 3] = apart[3, 2] = True
    with pytest.raises(ValueError, match="comparisons link"):
        strengths(np.zeros((4, 4)), apart)


@pytest.mark.parametrize("seed", range(3))
def test_known_strengths_are_recovered(seed):
    generator = np.random.default_rng(seed)
    true = np.array([0.8, 0.1, -0.2, -0.7])
    wins = np.zeros((4, 4))
    for i in range(4):
        for j in range(i):
            wins[i, j] = generator.binomial(400, 1 / (1 + np.exp(true[j] - true[i])))
            wins[j, i] = 400 - wins[i, j]
    found, half = strengths(wins, ~np.eye(4, dtype=bool))
    assert (np.abs(found - true) < 2 * half).all() and half.max() < 0.12
