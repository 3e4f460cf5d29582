"""Which values are called very skewed."""

import numpy as np
import pytest
from scipy.stats import norm

from evalkit.statistics.skewness import very_skewed

EVEN = norm.ppf((np.arange(40) + 0.5) / 40)
"""Forty values spread as a normal law is."""


@pytest.mark.parametrize(
    ("values", "skewed"),
    [
        (EVEN, False),
        (EVEN**3, False),  # heavy tails on both sides
        (np.exp(0.4 * EVEN), False),
        (np.exp(1.0 * EVEN), True),
        (np.exp(1.0 * EVEN) - 5, True),  # not above 0
        (-np.exp(1.0 * EVEN), True),  # the other way round
        (np.exp(1.0 * EVEN)[:3], False),  # three values show nothing
        (np.full(40, 2.0), False),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 2.0], True),
    ],
)
def test_what_is_very_skewed(values, skewed):
    assert very_skewed(np.asarray(values)) is skewed
