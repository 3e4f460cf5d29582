"""Counting: by hand on few votes, and simulated raters whose preference is known."""

import numpy as np
import pytest
from scipy.stats import norm

from evalkit.study.answers import read_sheet
from evalkit.study.folder import read_study, read_tokens
from evalkit.study.score import score
from evalkit.study.votes import Gathered
from tests.study.conftest import TITLES, prefer, sheet, trials_of

EVIL = TITLES["evil"]


def gathered(key, tokens, given):
    """`given`: rater -> answers."""
    sheets = [read_sheet(key, tokens, sheet(key, tokens[rater], answers)) for rater, answers in given.items()]
    return Gathered(tuple(answer for found in sheets for answer in found.answers), 0, {})


def test_all_votes_for_ours(key, tokens):
    results = score(key, gathered(key, tokens, {rater: prefer(key, rater, "Good") for rater in range(4)}))
    assert [(one.first, one.second) for one in results.preferences] == [("Good", EVIL), ("Good", "Third & last")]
    for one in results.preferences:
        assert (one.votes, one.won, one.share, one.scenes, one.scenes_won, one.scenes_tied) == (24, 24, 1.0, 6, 6, 0)
        # Wilson's lower bound for k = n is n / (n + z^2).
        assert one.interval == pytest.approx((24 / (24 + norm.ppf(0.975) ** 2), 1.0))
        assert one.clustered == (1.0, 1.0) and one.p_value == pytest.approx(2 * 0.5**24)
        assert one.agreement == 1 and one.alpha is None
    assert results.raters == 4 and results.votes == 48 and results.left_share == 0.5


def test_votes_by_hand(key, tokens):
    # Raters 0 and 1 prefer ours, 2 the others: two thirds of all votes, every scene won 2 to 1, agreement 1 of 3.
    given = {0: prefer(key, 0, "Good"), 1: prefer(key, 1, "Good"), 2: prefer(key, 2, "nobody")}
    for answer in given[2]:
        asked = key.trials[answer["trial"]]
        if not asked.check:
            answer["choice"] = "right" if asked.left == "Good" else "left"
    results = score(key, gathered(key, tokens, given))
    for one in results.preferences:
        assert one.share == pytest.approx(2 / 3) and one.scenes_won == 6
        assert one.agreement == pytest.approx(1 / 3)
        # 18 values, 12 and 6: expected 2 * 12 * 6 / 17, observed 12.
        assert one.alpha == pytest.approx(1 - 12 / (144 / 17))
        low, high = one.clustered
        assert low < one.interval[0] and high > one.interval[1]
    assert results.alpha == pytest.approx(results.preferences[0].alpha)
    strengths = {one.method: one.strength for one in results.strengths}
    assert strengths["Good"] - strengths[EVIL] == pytest.approx(np.log(12.5 / 6.5))


def test_a_tie_wins_no_scene(key, tokens):
    given = {0: prefer(key, 0, "Good"), 1: prefer(key, 1, EVIL)}
    found = next(one for one in score(key, gathered(key, tokens, given)).preferences if one.second == EVIL)
    assert found.share == 0.5 and found.scenes_won == 0 and found.scenes_tied == 6


def test_left_out_raters_do_not_count_and_are_named(key, tokens):
    given = {0: prefer(key, 0, "Good"), 1: prefer(key, 1, EVIL, checks_right=False)}
    results = score(key, gathered(key, tokens, given))
    assert results.left_out == {2: "missed 3 of 3 attention checks"}
    assert results.raters == 1 and all(one.share == 1 for one in results.preferences)
    assert all(one.clustered is None for one in results.preferences)


def test_no_answers(key):
    results = score(key, Gathered((), 0, {}))
    assert results.votes == 0 and results.left_share is None
    assert all(one.share is None and one.interval is None for one in results.preferences)


@pytest.mark.parametrize("seed", range(3))
def test_a_known_preference_is_recovered(make, shared_runs, seed):
    """60 simulated raters who prefer by Bradley-Terry with known strengths."""
    folder = make(shared_runs, ours=None, raters=60, seed=seed)
    key, tokens = read_study(folder), read_tokens(folder)
    true = dict(zip(TITLES.values(), (0.9, -0.6, -0.3), strict=True))
    generator = np.random.default_rng(seed)
    given = {}
    for rater in range(60):
        given[rater] = []
        for name in trials_of(key, rater):
            asked = key.trials[name]
            if asked.check:
                left = asked.left == "intact"
            else:
                left = generator.random() < 1 / (1 + np.exp(true[asked.right] - true[asked.left]))
            given[rater].append({"trial": name, "choice": "left" if left else "right", "seconds": None})
    results = score(key, gathered(key, tokens, given))
    assert results.left_out == {} and results.votes == 60 * 18
    for one in results.strengths:
        assert abs(one.strength - true[one.method]) < 1.5 * (one.high - one.strength)
    for one in results.preferences:
        expected = 1 / (1 + np.exp(true[one.second] - true[one.first]))
        # Three standard errors of 360 independent votes.
        assert abs(one.share - expected) < 3 * np.sqrt(expected * (1 - expected) / one.votes)
        assert abs(one.alpha) < 0.2
    low, high = results.left_interval
    assert low < 0.5 < high
