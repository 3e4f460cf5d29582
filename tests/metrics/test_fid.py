"""FID: the registered metric on feature rows; networks are tested in tests/extractors/test_inception.py."""

import numpy as np
import pytest

from evalkit.metrics import METRICS

KEYS = ("fid", "fid[clean]", "fid[tf-resize]")


@pytest.mark.parametrize("key", KEYS)
def test_equal_covariances_leave_the_squared_distance_of_the_means(key):
    features = np.random.default_rng(0).normal(size=(40, 2048))
    value = METRICS[key].function(features + 0.5, features)
    assert value.shape == (1,) and value[0] == pytest.approx(0.25 * 2048, rel=1e-9)
    assert METRICS[key].function(features, features)[0] == 0


def test_covariances_are_divided_by_one_less_than_the_count():
    one, other = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [2.0], [4.0]])
    assert METRICS["fid"].function(one, other)[0] == pytest.approx(1 + (1 - 2) ** 2)


def test_one_frame_has_no_value():
    assert np.isnan(METRICS["fid"].function(np.zeros((1, 4)), np.zeros((3, 4)))).all()


def test_variants_differ_in_their_features_only():
    assert [METRICS[key].input for key in KEYS] == [
        ("inception", "pool"),
        ("inception_clean", "pool"),
        ("inception_tf", "pool"),
    ]
    assert not any(METRICS[key].by_frame for key in KEYS)
