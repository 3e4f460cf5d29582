"""LPIPS on rows; that the rows make it LPIPS is tested in tests/extractors/test_lpips_networks.py."""

import numpy as np
import pytest

from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS

KEYS = ("lpips", "lpips[vgg]", "lpips[squeeze]")


@pytest.mark.parametrize("key", KEYS)
def test_squared_distance_of_rows(key):
    generated = np.array([[1, 2, 2], [0, 0, 0], [3, 4, 0]], np.float32)
    reference = np.array([[1, 2, 2], [1, 0, 2], [0, 0, 0]], np.float32)
    values = METRICS[key].function(generated, reference)
    assert values.dtype == np.float64 and values.tolist() == [0, 5, 25]


def test_sums_in_double_precision():
    one = np.zeros((1, 1 << 20), np.float32)
    value = METRICS["lpips"].function(one, np.full_like(one, 1e-3))[0]
    assert value == pytest.approx((1 << 20) * float(np.float32(1e-3)) ** 2, rel=1e-12)


@pytest.mark.parametrize("key", KEYS)
def test_features_are_large_and_not_kept(key):
    extractor, feature = METRICS[key].input
    assert EXTRACTORS.get(extractor).transient and feature == "features"
    assert METRICS[key].tasks == {"self_reenactment"}
