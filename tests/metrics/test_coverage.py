"""Coverage: the share of generated frames with a face."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.coverage import coverage

POINTS = np.random.default_rng(0).uniform(0, 256, (4, 68, 2))


def test_frames_with_and_without_a_face():
    generated = POINTS.copy()
    generated[[1, 3]] = np.nan
    assert coverage(generated, POINTS).tolist() == [1, 0, 1, 0]
    assert coverage(POINTS, np.full_like(POINTS, np.nan)).tolist() == [1] * 4


def test_fewer_faces_score_worse():
    means = []
    for lost in range(5):
        generated = POINTS.copy()
        generated[:lost] = np.nan
        means.append(coverage(generated, POINTS).mean())
    assert means == [1, 0.75, 0.5, 0.25, 0]


@pytest.mark.parametrize("key", [key for key, metric in METRICS.items() if metric.id == "coverage"])
def test_a_missing_face_is_a_value(key):
    metric = METRICS[key]
    assert metric.missing_is_value and metric.better == "higher" and (metric.low, metric.high) == (0, 1)
