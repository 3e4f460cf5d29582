"""Rank correlation and agreement against small cases counted by hand, and what intervals they get."""

import numpy as np
import pytest

from evalkit.calibration.audit.rank import Order, Share, agreement, flattered, order, order_of_sets, tau_b

NAN = float("nan")
PEOPLE = ["a", "b", "c", "d", "e", "f"]
NEXT = ["b", "c", "d", "e", "f", "a"]


def test_agreement_counts_couples_with_different_true_errors():
    error = np.array([0.0, 0.0, 1.0, 2.0])
    # Couples: 0-2, 0-3, 1-2, 1-3, 2-3. The first two outputs are equally true, so their order says nothing.
    assert agreement(np.array([1.0, 9.0, 2.0, 3.0]), error) == pytest.approx(3 / 5)
    assert agreement(np.array([0.0, 0.0, 1.0, 1.0]), error) == pytest.approx(4.5 / 5)  # a tie counts half
    assert agreement(-error, error) == 0 and agreement(error, error) == 1
    assert np.isnan(agreement(error, np.zeros(4)))


def test_outputs_without_a_value_are_left_out():
    assert agreement(np.array([0.0, NAN, 2.0]), np.array([0.0, 1.0, 2.0])) == 1
    assert np.isnan(agreement(np.array([NAN, NAN, 2.0]), np.array([0.0, 1.0, 2.0])))
    assert np.isnan(tau_b(np.array([NAN, NAN, 2.0]), np.array([0.0, 1.0, 2.0])))


def test_tau_b_pays_for_order_among_equally_true_outputs():
    error = np.array([0.0, 0.0, 1.0, 2.0])
    assert tau_b(np.array([0.0, 0.0, 1.0, 2.0]), error) == pytest.approx(1)
    # 5 couples in order, 1 tied in the truth alone: 5 / sqrt(6 * 5).
    assert tau_b(np.array([0.0, 0.5, 1.0, 2.0]), error) == pytest.approx(5 / np.sqrt(30))
    assert tau_b(np.ones(4), error) == 0 and np.isnan(tau_b(error, np.ones(4)))


def test_rounding_makes_no_order_of_true_errors():
    assert np.isnan(agreement(np.array([0.0, 1.0]), np.array([0.1 + 0.2, 0.3])))
    assert np.isnan(tau_b(np.array([0.0, 1.0]), np.array([0.1 + 0.2, 0.3])))


def test_flattered_are_outputs_called_better_than_the_true_one():
    assert flattered(np.array([1.0, 0.5, 1.0, 2.0, NAN])) == pytest.approx(1 / 3)
    assert np.isnan(flattered(np.array([NAN, 0.5]))) and np.isnan(flattered(np.array([1.0, NAN])))


def test_a_metric_that_follows_the_truth_is_trusted_and_one_that_does_not_is_not():
    generator = np.random.default_rng(0)
    error = np.repeat(np.arange(6.0)[:, None], 6, axis=1)
    good = order(error + generator.normal(0, 0.3, error.shape), error, PEOPLE, NEXT)
    assert good.verdict == "yes" and good.agreement.mean > 0.9 and good.agreement.pairs == 6
    assert good.agreement.interval is not None and good.agreement.interval[1] <= 1
    assert order(-error + generator.normal(0, 0.3, error.shape), error, PEOPLE, NEXT).verdict == "no"
    assert order(generator.normal(size=error.shape), error, PEOPLE, NEXT).verdict == "chance"


@pytest.mark.parametrize(
    ("mean", "interval", "verdict"),
    [
        (0.7, (0.6, 0.8), "partly"),
        (0.75, (0.51, 0.9), "yes"),
        (0.8, (0.5, 1.0), "chance"),
        (0.3, (0.1, 0.5), "chance"),
        (0.3, (0.1, 0.49), "no"),
        (0.9, None, "unknown"),
        (NAN, (0.6, 0.8), "unknown"),
    ],
)
def test_verdicts(mean, interval, verdict):
    share = Share(mean, interval, 6)
    assert Order(share, share, share).verdict == verdict


def test_two_people_give_a_number_without_an_interval_and_the_reason():
    error = np.array([[0.0, 0.0], [1.0, 1.0]])
    found = order(error, error, ["a", "b"], ["b", "a"])
    assert found.agreement == Share(1.0, None, 2, "2 people") and found.verdict == "unknown"


def test_pairs_whose_truth_is_all_the_same_do_not_count():
    error = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    assert order(error, error, ["a", "b", "c"], ["b", "c", "a"]).agreement.pairs == 2


def test_a_set_metric_is_taken_again_without_each_person():
    error = np.repeat(np.arange(5.0)[:, None], 6, axis=1)
    kept = {tuple(range(6)): np.arange(5.0)}
    for person in PEOPLE:
        without = tuple(i for i in range(6) if person not in (PEOPLE[i], NEXT[i]))
        kept[without] = np.array([0.0, 2, 1, 3, 4]) if person == "a" else np.arange(5.0)
    found = order_of_sets(kept, error, PEOPLE, NEXT)
    assert found.agreement.mean == 1 and found.agreement.interval is not None
    assert found.agreement.interval[0] < 1
    assert np.isnan(order_of_sets({tuple(range(6)): np.full(5, NAN)}, error, PEOPLE, NEXT).agreement.mean)
