"""Ranks, Borda scores and their intervals, from numbers small enough to count by hand."""

import numpy as np
import pytest

from evalkit.statistics.ranking import MOVES, MetricScores, _moves, _terms, standings

PEOPLE = ["a", "b", "c", "d", "e", "f"]


def scores(key, better, values, clips=None):
    values = np.array(values, dtype=float)
    clips = None if clips is None else np.array(clips, dtype=float)
    return MetricScores(key, better, values, clips, None if clips is None else np.ones_like(clips))


def ranks(found):
    return [(s.rank, s.low, s.high) for s in found]


def test_borda_counts_methods_beaten_and_half_the_ties():
    # m0 beats two of two on x; on y m0 and m1 tie (half a point) and both beat m2.
    found = standings([scores("x", "higher", [3, 2, 1]), scores("y", "lower", [1, 1, 5])], ["a"], ["a"])
    assert [s.score for s in found] == pytest.approx([(1 + 0.75) / 2, (0.5 + 0.75) / 2, 0])
    assert ranks(found) == [(1, None, None), (2, None, None), (3, None, None)]


def test_variants_of_one_metric_share_one_vote():
    one = [scores("csim", "higher", [1, 2])]
    many = [scores(f"akd[{v}]", "lower", [1, 2]) for v in "xyz"]
    assert [s.score for s in standings(one + many, ["a"], ["a"])] == pytest.approx([0.5, 0.5])


def test_equal_scores_share_a_rank_and_the_next_is_skipped():
    found = standings([scores("x", "higher", [2, 2, 1])], ["a"], ["a"])
    assert [s.rank for s in found] == [1, 1, 3]


def test_a_difference_every_person_shows_is_certain():
    base = np.arange(6.0)
    found = standings([scores("x", "higher", [base.mean() + 1, base.mean()], [base + 1, base])], PEOPLE, PEOPLE)
    assert ranks(found) == [(1, 1, 1), (2, 2, 2)]


def test_a_difference_one_person_makes_is_not():
    even, one = np.zeros(6), np.array([0.6, -0.05, -0.05, -0.05, -0.05, -0.05])
    found = standings([scores("x", "higher", [one.mean(), even.mean()], [one, even])], PEOPLE, PEOPLE)
    assert found[0].rank == 1 and (found[0].low, found[0].high) == (1, 2)


def test_two_methods_change_places_as_often_as_students_t_says():
    # Differences of six people with mean 0.4 and standard error 0.2: the chance that other people turn it is
    # P(t(5) < -2) = 0.051, more than the 2.5 % that an interval may leave out; at 0.8 it is 0.005.
    apart = np.array([1.0, -1.0, 0.5, -0.5, 0.0, 0.0])
    apart *= 0.2 * np.sqrt(6) / apart.std(ddof=1)
    for mean, high in ((0.4, 2), (0.8, 1)):
        found = standings([scores("x", "higher", [mean, 0.0], [apart + mean, np.zeros(6)])], PEOPLE, PEOPLE)
        assert ranks(found)[0] == (1, 1, high)


def test_moves_have_the_covariance_of_the_people():
    terms = np.random.default_rng(1).normal(size=(6, 4))
    moves = _moves(terms, 1000.0)
    assert moves.shape == (MOVES - 1, 4)  # all points but the corner of the cube, which is infinitely far
    assert np.cov(moves.T) == pytest.approx(terms.T @ terms, abs=0.05 * np.trace(terms.T @ terms))
    wide = _moves(terms, 3.0)
    # A t of 3 degrees of freedom: its 97.5 % quantile is 3.18, not 1.96.
    ratio = np.quantile(wide[:, 0], 0.975) / np.sqrt((terms[:, 0] ** 2).sum())
    assert ratio == pytest.approx(3.182, rel=0.05)


def test_what_a_person_adds_to_a_mean_by_its_definition():
    """The weighted residuals of all pairs the person is in, over the root of the weight of the others; a pair counts
    once for somebody who is both source and driver."""
    generator = np.random.default_rng(2)
    source, driver = np.array([0, 1, 2, 3, 0, 2]), np.array([1, 2, 2, 0, 3, 1])
    metric = MetricScores("x", "lower", np.zeros(2), generator.normal(size=(2, 6)), generator.uniform(1, 2, (2, 6)))
    metric.clips[1, 3] = np.nan
    found = _terms(metric, source, driver, 4)
    for method in range(2):
        weight = np.where(np.isfinite(metric.clips[method]), metric.weights[method], 0)
        share, clips = weight / weight.sum(), np.nan_to_num(metric.clips[method])
        apart = clips - share @ clips
        for person in range(4):
            there = (source == person) | (driver == person)
            expected = (share * apart)[there].sum() / np.sqrt(1 - share[there].sum())
            assert found[person, method] == pytest.approx(expected)


def test_a_method_with_clips_of_one_person_only_leaves_no_interval():
    clips = [[1, *[np.nan] * 5], [0.5] * 6]
    assert ranks(standings([scores("x", "higher", [1, 0.5], clips)], PEOPLE, PEOPLE)) == [
        (1, None, None),
        (2, None, None),
    ]


def test_two_methods_that_move_together_keep_their_order():
    base = np.array([0.0, 5.0, -3.0, 2.0, -4.0, 0.0])
    found = standings([scores("x", "higher", [0.1, 0.0], [base + 0.1, base])], PEOPLE, PEOPLE[1:] + PEOPLE[:1])
    assert ranks(found) == [(1, 1, 1), (2, 2, 2)]


def test_a_metric_without_clips_adds_its_order_and_no_uncertainty():
    assert ranks(standings([scores("fid", "lower", [5, 9])], PEOPLE, PEOPLE)) == [(1, 1, 1), (2, 2, 2)]


def test_missing_clips_leave_the_mean():
    clips = [[1, np.nan, 1, 1, 1, 1], [0.5] * 6]
    found = standings([scores("x", "higher", [1, 0.5], clips)], PEOPLE, PEOPLE)
    assert ranks(found) == [(1, 1, 1), (2, 2, 2)]


def test_one_identity_gives_no_interval_and_one_method_no_contest():
    assert ranks(standings([scores("x", "higher", [1, 2], [[1], [2]])], ["a"], ["b"])) == [
        (2, None, None),
        (1, None, None),
    ]
    assert ranks(standings([scores("x", "higher", [1], [[1] * 6])], PEOPLE, PEOPLE)) == [(1, 1, 1)]


def test_nothing_to_rank_by_is_an_error():
    with pytest.raises(ValueError, match="at least one metric"):
        standings([], PEOPLE, PEOPLE)
