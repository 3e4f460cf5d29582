"""MKR: the share of driving faces that have no face in the generated frame."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.mkr import mkr

POINTS = np.random.default_rng(0).uniform(0, 256, (4, 68, 2))


def test_only_frames_with_a_driving_face_count():
    # Frames: both there, generated missing, driving missing, both missing.
    generated, driving = POINTS.copy(), POINTS.copy()
    generated[[1, 3]] = np.nan
    driving[[2, 3]] = np.nan
    values = mkr(generated, driving)
    assert values[:2].tolist() == [0, 1] and np.isnan(values[2:]).all()


def test_fewer_faces_score_worse():
    means = []
    for lost in range(5):
        generated = POINTS.copy()
        generated[:lost] = np.nan
        means.append(mkr(generated, POINTS).mean())
    assert means == [0, 0.25, 0.5, 0.75, 1]


def test_rows_of_two_shapes_are_named_by_their_side():
    with pytest.raises(ValueError, match=r"got generated \(3, 68, 2\), reference \(4, 68, 2\)"):
        mkr(POINTS[:3], POINTS)


@pytest.mark.parametrize("key", [key for key, metric in METRICS.items() if metric.id == "mkr"])
def test_a_missing_face_is_a_value(key):
    metric = METRICS[key]
    assert metric.missing_is_value and metric.better == "lower" and (metric.low, metric.high) == (0, 1)
