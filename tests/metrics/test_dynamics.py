"""Dynamics: amounts by hand, and what does not move is worst."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.dynamics import brows, head, lips
from evalkit.metrics.mesh478 import LEFT_BROW, RIGHT_BROW, brow_heights, lip_distances
from tests.metrics.faces478 import faces


def test_head_is_the_root_of_spread_times_variance_of_steps():
    # Yaw 0, 3, 0, 3 degrees: spread 1.5, steps 3, -3, 3 of variance 8; pitch and roll add nothing to either mean.
    angles = np.deg2rad(np.array([[0, 0, 0], [3, 0, 0], [0, 0, 0], [3, 0, 0]], float))
    assert head(angles) == pytest.approx(np.sqrt(1.5 / 3 * 8 / 3))
    assert head(angles + np.deg2rad(179)) == pytest.approx(head(angles))


def test_brows_is_the_mean_step_of_their_height():
    points = faces(np.zeros(3))
    for brow in (RIGHT_BROW, LEFT_BROW):
        points[1, list(brow), 1] -= 5
    heights = brow_heights(points)
    assert brows(points) == pytest.approx(np.abs(np.diff(heights, axis=0)).mean())


def test_lips_is_the_variance_of_distances_over_the_eye_distance():
    points = faces([0.0, 0.1, 0.2])
    assert lips(points) == pytest.approx(lip_distances(points).var(axis=0).mean())
    assert lips(3 * points) == pytest.approx(lips(points))


@pytest.mark.parametrize("key", ["dynamics[lips]", "dynamics[brows]", "dynamics[head]"])
def test_less_movement_is_worse_and_none_is_worst(key):
    metric, rng = METRICS[key], np.random.default_rng(0)
    base = faces(np.zeros(20)) if metric.input[1] == "points" else np.zeros((20, 3))
    noise = rng.normal(0, 2.0 if metric.input[1] == "points" else 0.05, base.shape)
    values = [metric.function(base + share * noise, base + noise)[0] for share in (1, 0.7, 0.4, 0)]
    assert values == sorted(values) and values[0] == 0 and values[-1] == metric.high
    assert np.isnan(metric.function(base, base)).all()
