"""E-RMSE: root mean square difference of expression coefficients."""

import numpy as np
import pytest

from evalkit.metrics import METRICS

METRIC = METRICS["e_rmse[deep3d]"]


def test_one_coefficient_of_64():
    # One coefficient off by 2: the root of 4 / 64.
    driving = np.random.default_rng(0).normal(size=(3, 64))
    generated = driving.copy()
    generated[1, 17] += 2
    assert METRIC.function(generated, driving) == pytest.approx([0, 0.25, 0])


def test_worse_expressions_score_worse():
    expression, noise = np.random.default_rng(1).normal(size=(2, 50, 64))
    means = [METRIC.function(expression + step * noise, expression).mean() for step in (0, 0.01, 0.1, 1)]
    assert means == sorted(means) and len(set(means)) == 4


def test_it_takes_the_expression_of_deep3d():
    assert METRIC.input == ("deep3d", "expression") and METRIC.better == "lower" and METRIC.reference == "driving"
