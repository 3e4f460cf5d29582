"""FVD: the registered metric on logits; networks are tested in tests/extractors/test_i3d.py."""

import numpy as np
import pytest

from evalkit.extractors import EXTRACTORS, WHOLE_CLIP
from evalkit.metrics import METRICS
from evalkit.metrics.fvd import fvd
from tests.formula import golden

KEYS = ("fvd", "fvd[first-window]", "fvd[common-metrics]")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("fvd", 0.1595173841954283),
        ("fvd[first-window]", 0.1595173841954283),
        ("fvd[common-metrics]", 0.1595468862778097),
        ("fvd[videogpt]", 0.15954688627780908),
    ],
)
def test_distances_are_those_of_the_official_code(key, expected):
    """40 rows against 50 squared ones. From `FeatureStats` and the lines of `compute_fvd` below it of StyleGAN-V
    (3fecd69c), and `frechet_distance` of common_metrics_on_video_quality (5f751734), `styleganv` and `videogpt`, the
    latter given float64."""
    one, other = golden(40 * 5, 1).reshape(40, 5), golden(50 * 5, 2).reshape(50, 5) ** 2
    assert METRICS[key].function(one, other)[0] == pytest.approx(expected, rel=1e-6)


def test_the_function_alone_is_the_plain_variant():
    one, other = golden(40 * 5, 1).reshape(40, 5), golden(50 * 5, 2).reshape(50, 5) ** 2
    assert fvd(one, other) == METRICS["fvd"].function(one, other)


@pytest.mark.parametrize(("key", "norm"), [("fvd", 3), ("fvd[common-metrics]", 2)])
def test_covariance_norm(key, norm):
    # Deviations of the two sets are 1 and 2 times those of (-1, 0, 1), whose squares sum to 2.
    one, other = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [2.0], [4.0]])
    assert METRICS[key].function(one, other)[0] == pytest.approx(1 + 2 / norm)


@pytest.mark.parametrize("key", KEYS)
def test_equal_sets_shifted_sets_and_noise(key):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(30, 400))
    metric = METRICS[key]
    assert metric.function(logits, logits)[0] == 0
    assert metric.function(logits + 0.1, logits)[0] == pytest.approx(400 * 0.01, rel=1e-9)
    noisy = [metric.function(logits + generator.normal(0, s, logits.shape), logits)[0] for s in (0.1, 0.5, 2)]
    assert noisy == sorted(noisy) and metric.better == "lower"


@pytest.mark.parametrize("key", KEYS)
def test_no_window_has_no_value(key):
    assert np.isnan(METRICS[key].function(np.empty((0, 400)), np.zeros((3, 400)))).all()


@pytest.mark.parametrize(
    ("key", "window", "words"),
    [
        ("fvd", 16, "all 16-frame windows without overlap"),
        ("fvd[first-window]", WHOLE_CLIP, "first 16 frames of every clip"),
        ("fvd[common-metrics]", WHOLE_CLIP, "whole clips"),
        ("fvd[videogpt]", WHOLE_CLIP, "whole clips"),
    ],
)
def test_clip_rules(key, window, words):
    extractor, feature = METRICS[key].input
    assert EXTRACTORS.get(extractor).window == window and feature == "logits" and not METRICS[key].by_frame
    assert f"{words}, no seed" in METRICS[key].signature("net", "a")
