"""What a comparison can see, and how many clips a smaller loss needs."""

import numpy as np
import pytest

from evalkit.gate.power import detectable, needed
from evalkit.statistics.signflip import Differences
from evalkit.statistics.signflip import tests as flip_tests


def spread(count, size=1.0, seed=0):
    values = np.random.default_rng(seed).normal(0, size, count)
    people = tuple(f"p{i}" for i in range(count))
    return Differences(values - values.mean(), np.ones(count), people, people)


def test_textbook_size_for_many_people():
    # One-sided z at 5 % and 80 % power: (1.645 + 0.842) s / sqrt(n) = 2.487 s / 20 for n = 400.
    one = spread(400)
    expected = 2.487 * one.values.std(ddof=1) / 20
    assert detectable(one, 0.95, 1, 0.0) == pytest.approx(expected, rel=0.01)


def test_tolerance_hides_small_losses():
    assert detectable(spread(400), 0.95, 1, 5.0) > 5.0
    assert needed(spread(400), 0.95, 1, tolerance=0.1, loss=0.1).clips is None


def test_more_metrics_see_less():
    assert detectable(spread(50), 0.95, 8, 0.0) > detectable(spread(50), 0.95, 1, 0.0)


def test_needed_and_detectable_agree():
    one = spread(200)
    seen = detectable(one, 0.95, 3, 0.0)
    assert needed(one, 0.95, 3, 0.0, seen).clips == pytest.approx(200, abs=2)


def test_half_the_loss_needs_four_times_the_clips():
    one = spread(100)
    wide, narrow = (needed(one, 0.95, 1, 0.0, loss).clips for loss in (0.2, 0.1))
    assert narrow / wide == pytest.approx(4, rel=0.05)


def test_one_person_sees_nothing():
    values = np.array([1.0, 2.0])
    assert detectable(Differences(values, np.ones(2), ("a", "a"), ("a", "a")), 0.95, 1, 0.0) is None


def test_the_promise_is_kept():
    # A true loss of the size promised is called in about 80 % of 300 simulated comparisons.
    generator, called = np.random.default_rng(1), 0
    people = tuple(f"p{i}" for i in range(40))
    loss = (1.685 + 0.851) / np.sqrt(40)  # t quantiles with 39 degrees of freedom, spread 1
    for trial in range(300):
        one = Differences(generator.normal(loss, 1, 40), np.ones(40), people, people)
        called += flip_tests([one], trial)[0].p <= 0.05
    assert called / 300 == pytest.approx(0.8, abs=0.07)
