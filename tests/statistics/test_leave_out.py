"""How sure a number for a whole set is: a mean gives what a mean gives, and a known bias is found."""

import numpy as np
import pytest

from evalkit.statistics.estimate import estimate
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
