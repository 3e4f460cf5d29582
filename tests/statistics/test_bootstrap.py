"""Intervals that redraw people: closed forms, width, and what does not move them."""

import numpy as np
import pytest

from evalkit.statistics.bootstrap import RESAMPLES, SIGNATURE, interval


def ones(values):
    return np.ones(len(values))


def test_two_people_give_the_whole_range():
    # Self: two people with 0 and 1. Redrawing two of two gives means 0, 1/2, 1 with probability 1/4, 1/2, 1/4, so the
    # 2.5 % quantile is 0 and the 97.5 % quantile is 1.
    values = np.array([0.0, 1.0])
    assert interval(values, ones(values), ["a", "b"], ["a", "b"]) == (0.0, 1.0)


def test_a_constant_has_no_width():
    values = np.full(12, 0.7)
    people = [f"p{i // 2}" for i in range(12)]
    for drivers in (people, people[::-1]):
        low, high = interval(values, ones(values), people, drivers)
        assert low == pytest.approx(0.7, abs=1e-12) and high == pytest.approx(0.7, abs=1e-12)


def test_many_people_agree_with_the_normal_theory():
    # Means of n independent people have standard error s / sqrt(n); 95 % lie within 1.96 of them. The quantiles of 2000
    # resamples scatter by about 3 % of the half width, hence the tolerance of 10 %.
    values = np.random.default_rng(1).normal(5, 2, 400)
    people = [f"p{i}" for i in range(400)]
    low, high = interval(values, ones(values), people, people)
    half = 1.96 * values.std() / 20
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.1 * half)
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)


def test_repeating_every_pair_adds_no_certainty():
    values = np.random.default_rng(2).normal(0, 1, 20)
    people = [f"p{i}" for i in range(20)]
    once = interval(values, ones(values), people, people)
    often = interval(np.repeat(values, 9), np.ones(180), list(np.repeat(people, 9)), list(np.repeat(people, 9)))
    assert often == pytest.approx(once)


def test_people_who_differ_make_it_wider_than_pairs_would():
    # 5 people of 40 equal pairs each: the mean rests on 5 numbers, not on 200.
    values = np.repeat(np.arange(5.0), 40)
    people = list(np.repeat(["a", "b", "c", "d", "e"], 40))
    low, high = interval(values, ones(values), people, people)
    as_if_independent = 2 * 1.96 * values.std() / np.sqrt(200)
    assert high - low > 5 * as_if_independent


def test_both_sides_of_a_couple_are_redrawn():
    # values = row + column effects of equal size: redrawing one side only would miss half of the variance.
    rows, columns = np.meshgrid(np.arange(8), np.arange(8), indexing="ij")
    sources, drivers = [f"s{i}" for i in rows.ravel()], [f"d{i}" for i in columns.ravel()]
    both = (rows + columns).ravel().astype(float)
    low, high = interval(both, ones(both), sources, drivers)
    one = rows.ravel().astype(float)
    low_one, high_one = interval(one, ones(one), sources, drivers)
    assert (high - low) / (high_one - low_one) == pytest.approx(np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(("sources", "drivers"), [("aaa", "aaa"), ("aaa", "bcd"), ("bcd", "aaa"), ("", "")])
def test_one_person_on_a_side_has_no_interval(sources, drivers):
    values = np.arange(float(len(sources)))
    assert interval(values, ones(values), list(sources), list(drivers)) is None


def test_weights_are_frames():
    # Equal weights of any size are no weights; a pair of weight 3 counts like three pairs of the same couple.
    values, people = np.array([1.0, 2.0, 4.0]), ["a", "b", "c"]
    plain = interval(values, ones(values), people, people)
    assert interval(values, np.full(3, 7.0), people, people) == pytest.approx(plain)
    thrice = interval(np.array([1.0, 1, 1, 2, 4]), np.ones(5), list("aaabc"), list("aaabc"))
    assert interval(values, np.array([3.0, 1, 1]), people, people) == pytest.approx(thrice)


def test_order_of_pairs_does_not_matter_and_results_repeat():
    generator = np.random.default_rng(3)
    values, people = generator.normal(size=30), [f"p{i % 7}" for i in range(30)]
    order = generator.permutation(30)
    first = interval(values, ones(values), people, people)
    assert interval(values, ones(values), people, people) == first
    shuffled = [people[i] for i in order]
    assert interval(values[order], ones(values), shuffled, shuffled) == pytest.approx(first, abs=1e-12)


def test_shift_and_scale_carry_over():
    values, people = np.random.default_rng(4).normal(size=15), [f"p{i % 5}" for i in range(15)]
    low, high = interval(values, ones(values), people, people)
    assert interval(3 * values - 1, ones(values), people, people) == pytest.approx((3 * low - 1, 3 * high - 1))
    assert interval(-values, ones(values), people, people) == pytest.approx((-high, -low))


def test_many_people_fit_into_memory():
    values = np.arange(2000.0)
    people = [f"p{i}" for i in range(2000)]
    low, high = interval(values, ones(values), people, people)
    assert low < 999.5 < high


def test_the_signature_says_what_was_done():
    assert f"bootstrap{RESAMPLES}-by-identity-95%-seed0" == SIGNATURE
