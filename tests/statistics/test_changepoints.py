"""Jumps are those of the cheapest of all ways to cut a series, with the price that is stated."""

import itertools
import math

import numpy as np
import pytest

from evalkit.statistics.changepoints import change_points


def cheapest(values):
    """All ways to cut `values` into levels: the squared error plus a price for each cut, least first."""
    values = np.asarray(values, float)
    count = len(values)
    spread = max(np.median(np.abs(np.diff(values))) / (0.6744897501960817 * math.sqrt(2)), 1e-4 * np.ptp(values))
    price = 3.0 * (1 + 10.0 / count) * spread**2 * math.log(count)
    ways = []
    for cuts in itertools.chain.from_iterable(itertools.combinations(range(1, count), k) for k in range(count)):
        edges = (0, *cuts, count)
        error = sum(((values[a:b] - values[a:b].mean()) ** 2).sum() for a, b in itertools.pairwise(edges))
        ways.append((error + price * len(cuts), list(cuts)))
    return sorted(ways, key=lambda way: way[0])


@pytest.mark.parametrize("seed", range(12))
def test_jumps_are_those_of_the_cheapest_cut(seed):
    generator = np.random.default_rng(seed)
    values = generator.normal(0, 0.2, 9) + 3 * generator.integers(0, 2, 9).cumsum() * (seed % 3)
    assert change_points(values) == cheapest(values)[0][1]
    assert change_points(values + 100) == change_points(-values) == cheapest(values)[0][1]


@pytest.mark.parametrize("step", [0.99, 1.01])
def test_a_jump_is_worth_its_price(step):
    """Ten values around either level, as far apart as one cut costs, a hundredth less or more."""
    noise = np.tile([-0.1, 0.1], 10)
    spread = 0.2 / (0.6744897501960817 * math.sqrt(2))
    price = 3.0 * (1 + 10.0 / 20) * spread**2 * math.log(20)
    apart = step * math.sqrt(price / 5)  # the squared error of one level for both is 5 apart^2
    assert change_points(noise + apart * (np.arange(20) >= 10)) == ([10] if step > 1 else [])


def test_short_and_flat_series_have_no_jump():
    assert change_points(np.array([0.0, 9.0])) == change_points(np.full(5, 3.0)) == change_points(np.zeros(0)) == []
    for three in ([0.0, 0.0, 9.0], [0.0, 9.0, 9.0], [0.0, 9.0, 0.0]):  # where the first step is the noise
        assert change_points(np.array(three)) == cheapest(three)[0][1]
