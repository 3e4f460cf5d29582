"""The worst pairs of each metric, in its direction, and their worst frame."""

import pytest

from evalkit.report.worst import worst, worst_pairs


def test_worst_first_in_the_direction_of_the_metric(comparison):
    found = worst(comparison, 2)
    l1, csim = 0, 1
    assert [row[0] for row in found[l1][0]] == [2, 1]
    assert [row[0] for row in found[csim][0]] == [0, 1]
    assert found[l1][0][0][1:] == [pytest.approx(0.7025), 5, pytest.approx(0.705)]
    assert found[csim][0][0][2:] == [0, pytest.approx(0.5)]


def test_pairs_without_a_value_are_not_among_them(comparison):
    assert [row[0] for row in worst(comparison, 9)[0][1]] == [2, 1]


def test_all_worst_pairs(comparison):
    assert worst_pairs(worst(comparison, 1)) == {0, 1, 2}
