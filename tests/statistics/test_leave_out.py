"""How sure a number for a whole set is: a mean gives what a mean gives, and a known bias is found."""

import numpy as np
import pytest

from evalkit.statistics.estimate import design, estimate
from evalkit.statistics.leave_out import TOO_FEW_ROWS, leave_out

PEOPLE = list("aabbbcddee")


def test_the_mean_of_rows_gives_its_own_standard_error():
    rows = np.random.default_rng(1).normal(size=10)
    found = leave_out(lambda one, other: float(rows[one].mean()), PEOPLE, PEOPLE, PEOPLE)
    direct = estimate(rows, np.ones(10), PEOPLE, PEOPLE)
    assert found.estimate.mean == pytest.approx(direct.mean) and found.bias == pytest.approx(0, abs=1e-12)
    assert (found.estimate.error, found.estimate.df) == pytest.approx((direct.error, direct.df))


def test_the_mean_of_crossed_rows_is_never_surer_than_its_own_standard_error():
    pairs = [(a, b) for a in "abcd" for b in "abcd" if a != b]
    sources, drivings = zip(*pairs, strict=True)
    rows = np.random.default_rng(2).normal(size=12)
    found = leave_out(lambda one, other: float(rows[one].mean()), sources, drivings, list("abcd"))
    assert 0 < found.estimate.error <= 1.05 * estimate(rows, np.ones(12), sources, drivings).error


def test_crossed_rows_have_the_spread_of_the_people_who_leave_at_the_floor():
    pairs = [(a, b) for a in "abcd" for b in "abcd" if a != b][:-1]  # not the same number of pairs for everybody
    sources, drivings = zip(*pairs, strict=True)
    rows = np.random.default_rng(2).normal(size=11) ** 2
    found = leave_out(lambda one, other: float(np.log(rows[one].mean())), sources, drivings, list("abcd"))
    weight, moved = [], []
    for name in "abcd":
        stay = [i for i, pair in enumerate(pairs) if name not in pair]
        weight.append(1 - len(stay) / 11)
        moved.append((1 - weight[-1]) * (np.log(rows[stay].mean()) - np.log(rows.mean())))
    bias = sum(moved) / sum(weight)
    spread = sum((d - bias * h) ** 2 / (1 - h) for d, h in zip(moved, weight, strict=True))
    factor, df = design(np.full(11, 1 / 11), sources, drivings).calibration(np.zeros((1, 4)))
    assert found.bias == pytest.approx(bias) and found.estimate.df == pytest.approx(df[0])
    assert found.estimate.error == pytest.approx(factor[0] * np.sqrt(spread))
    assert (found.estimate.mean, found.estimate.people) == (np.log(rows.mean()), 4)


def test_the_bias_of_a_plain_variance_is_found():
    # The variance divided by n, one row per person: the jackknife gives its bias exactly, minus the variance by n - 1.
    rows = np.random.default_rng(3).normal(size=8)
    names = list("abcdefgh")
    found = leave_out(lambda one, other: float(rows[one].var()), names, names, names)
    assert found.bias == pytest.approx(rows.var() - rows.var(ddof=1))


def test_a_person_leaves_in_both_roles_and_on_the_reference_side():
    seen = []

    def value(one, other):
        seen.append((one.tolist(), other.tolist()))
        return 0.0

    leave_out(value, list("abca"), list("bcdd"), list("abc"))
    assert seen[0] == ([True] * 4, [True] * 3)
    assert seen[1] == ([False, True, True, False], [False, True, True])
    assert seen[2] == ([False, False, True, True], [True, False, True])


def test_too_few_people_or_rows_get_a_word():
    few = leave_out(lambda one, other: 1.0, list("aabb"), list("aabb"), list("ab"))
    assert (few.estimate.word, few.estimate.error, few.bias) == ("2 people", None, None)
    empty = leave_out(lambda one, other: float("nan") if one.sum() < 9 else 1.0, PEOPLE, PEOPLE, PEOPLE)
    assert empty.estimate.word == TOO_FEW_ROWS and empty.estimate.error is None
