"""Which values are called very skewed."""

import numpy as np
import pytest
from scipy.stats import norm

from evalkit.statistics.skewness import very_skewed

EVEN = norm.ppf((np.arange(40) + 0.5) / 40)
EVEN /= EVEN.std(ddof=1)
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
        ([1.0, 1.0, 1.0, 30.0], True),  # four values may
        (np.exp(0.61 * EVEN), True),
        (np.exp(0.59 * EVEN), False),
        (-np.exp(0.61 * EVEN), False),  # the spread of logs counts where all is above 0
        (np.exp(0.82 * EVEN) - 5, True),  # tenths: tanh(1.28 * 0.82 / 2) = 0.48 beyond 0.3 + 1 / sqrt(40) = 0.458
        (np.exp(0.73 * EVEN) - 5, False),
        (np.full(40, 2.0), False),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 2.0], True),
    ],
)
def test_what_is_very_skewed(values, skewed):
    assert very_skewed(np.asarray(values)) is skewed
