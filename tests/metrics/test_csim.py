"""CSIM variants: one formula, one scale per network."""

import numpy as np
import pytest

from evalkit.metrics import METRICS, find_metric
from evalkit.metrics.csim import csim


@pytest.mark.parametrize(
    ("key", "extractor"),
    [
        ("csim[dlib]", "dlib128"),
        ("csim[arcface]", "arcface"),
        ("csim[glintr100]", "arcface_glint100"),
        ("csim[mobilefacenet]", "mobilefacenet"),
        ("csim[onnx]", "arcface_onnx"),
    ],
)
def test_each_variant_names_its_network(key, extractor):
    metric = METRICS[key]
    assert metric.input == (extractor, "embedding") and metric.function is csim
    assert (metric.better, metric.reference, metric.low, metric.high) == ("higher", "source", -1, 1)


def test_the_mean_over_three_sources_is_no_median():
    sources = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert csim(np.array([[2.0, 0.0]]), sources) == pytest.approx(2 / 3)


def test_the_plain_name_means_the_variant_that_needs_no_download():
    assert find_metric("csim").key == "csim[arcface]"
