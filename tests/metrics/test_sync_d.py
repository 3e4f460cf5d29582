"""Sync-D: the smallest mean distance of lips and sound over 31 shifts."""

import numpy as np
import pytest

from evalkit.metrics.sync import distances
from evalkit.metrics.sync_d import sync_d
from tests.metrics.test_sync_c import rows


def test_it_is_the_least_distance_and_zero_for_lips_that_are_the_sound():
    lips, sound = rows(40), rows(40, 1)
    assert sync_d(lips, sound) == pytest.approx(np.full(45, distances(lips, sound).min()))
    assert sync_d(sound, sound)[0] == pytest.approx(1e-6 * np.sqrt(8), rel=1e-3)


def test_the_further_the_lips_the_larger():
    sound = rows(60, 1)
    away = np.concatenate([np.random.default_rng(2).normal(size=(60, 8)), np.zeros((5, 8))])
    values = [sync_d(sound + step * away, sound)[0] for step in (0, 0.2, 0.5)]
    assert values == sorted(values) and values[2] > 2 * values[1] > values[0]


def test_rows_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="expected rows of one shape"):
        sync_d(rows(40), rows(39))
