"""Exact quantiles of a mean beside its standard error, against closed forms and against draws."""

import numpy as np
import pytest
from scipy.stats import t as student

from evalkit.statistics.ratio import LEVELS, Ratios, fitted, ratios


@pytest.mark.parametrize("df", [1, 2, 5, 40])
def test_equal_squares_beside_an_independent_mean_are_students_t(df):
    seen = np.append(np.full(df, 1 / df), 0.0)[None]
    found = Ratios(np.append(np.zeros(df), 1.0)[None], seen)
    for level in (0.2, 0.05, 0.005, 0.0005):
        assert np.sqrt(found.critical(level)[0]) == pytest.approx(student.isf(level / 2, df), rel=2e-6)


def test_one_square_is_an_arc_tangent():
    # P(z0^2 > c d z1^2) = (2 / pi) atan(1 / sqrt(c d)).
    found = Ratios(np.array([[0.0, 1.0]]), np.array([[3.0, 0.0]]))
    assert found.tail(np.array([2.0]))[0] == pytest.approx(2 / np.pi * np.arctan(1 / np.sqrt(6)))


def test_squares_that_go_with_the_mean_agree_with_draws():
    generator = np.random.default_rng(1)
    parts = generator.normal(size=(5, 8))
    mean = generator.normal(size=8)
    found = ratios((parts @ parts.T)[None], (parts @ mean)[None], np.array([mean @ mean]))
    draws = generator.standard_normal((200_000, 8))
    squares = (draws @ mean) ** 2 / ((draws @ parts.T) ** 2).sum(axis=1)
    for level in (0.3, 0.05, 0.01):
        # Standard error of the share at 0.05: 0.0005.
        assert (squares > found.critical(level)[0]).mean() == pytest.approx(level, abs=4 * np.sqrt(level / 200_000))


def test_what_never_varies_counts_for_nothing():
    generator = np.random.default_rng(2)
    parts, mean = generator.normal(size=(3, 4)), generator.normal(size=4)
    forms, along, variance = parts @ parts.T, parts @ mean, np.array([mean @ mean])
    wider = np.zeros((4, 4))
    wider[1:, 1:] = forms
    found = ratios(forms[None], along[None], variance)
    with_nothing = ratios(wider[None], np.append(0.0, along)[None], variance)
    for level in LEVELS:
        assert with_nothing.critical(level) == pytest.approx(found.critical(level), rel=1e-6)


def test_a_fitted_t_has_the_quantiles_it_was_fitted_to():
    wanted = np.array([[3.0, 6.5], [2.0, 2.9]])
    factor, df = fitted(wanted)
    for i, level in enumerate(LEVELS):
        assert factor * student.isf(level / 2, df) == pytest.approx(wanted[:, i], rel=1e-3)
    assert fitted(np.array([[1.0, 1.2], [1.0, 99.0]]))[1] == pytest.approx([1000, 1])
