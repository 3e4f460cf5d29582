"""KID against the definition written as loops, its expectation, and the subset rule."""

import numpy as np
import pytest
import torch

from evalkit.metrics import METRICS, kid
from evalkit.metrics.kid import kid_subsets


def features(count, seed, dimensions=6, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (count, dimensions))


def definition(one, other):
    def mean_kernel(a, b, skip):
        pairs = [(i, j) for i in range(len(a)) for j in range(len(b)) if not (skip and i == j)]
        return np.mean([(np.dot(a[i], b[j]) / a.shape[1] + 1) ** 3 for i, j in pairs])

    return mean_kernel(one, one, True) + mean_kernel(other, other, True) - 2 * mean_kernel(one, other, False)


def test_definition():
    one, other = features(9, 0), features(14, 1, shift=0.3)
    assert kid.kid(one, other)[0] == pytest.approx(definition(one, other), rel=1e-12)


def test_blocks_change_nothing(monkeypatch):
    one, other = features(50, 0), features(33, 1)
    whole = kid.kid(one, other)[0]
    monkeypatch.setattr(kid, "_BLOCK_ROWS", 7)
    assert kid.kid(one, other)[0] == pytest.approx(whole, rel=1e-12)


def test_expectation_is_zero_for_one_distribution_whatever_the_count():
    for count in (5, 50):
        values = [kid.kid(features(count, 2 * i), features(count, 2 * i + 1))[0] for i in range(400)]
        assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))


def test_grows_with_the_distance():
    values = [kid.kid(features(200, 0, shift=s), features(200, 1))[0] for s in (0, 0.5, 1, 2)]
    assert values == sorted(values) and METRICS["kid"].better == "lower"


def test_equal_sets_are_slightly_negative():
    # A row meets itself in the cross term only: 2/n (mean kernel of different rows - mean kernel of a row itself).
    one = features(100, 0)
    kernel = (one @ one.T / one.shape[1] + 1) ** 3
    itself = np.trace(kernel) / 100
    others = (kernel.sum() - np.trace(kernel)) / (100 * 99)
    assert kid.kid(one, one)[0] == pytest.approx(2 / 100 * (others - itself), rel=1e-9)
    assert kid.kid(one, one)[0] < 0 and METRICS["kid"].low == -np.inf


def test_subsets_of_everything_are_the_whole():
    one, other = features(12, 0), features(12, 1)
    assert kid_subsets(one, other, subsets=3, size=12)[0] == pytest.approx(kid.kid(one, other)[0], rel=1e-12)


def test_subsets_are_drawn_as_torch_fidelity_draws_them():
    one, other = features(30, 0), features(40, 1)
    random = np.random.RandomState(2020)
    drawn = []
    for _ in range(4):
        first = one[random.choice(30, 8, replace=False)]
        drawn.append(definition(first, other[random.choice(40, 8, replace=False)]))
    assert kid_subsets(one, other, subsets=4, size=8, seed=2020)[0] == pytest.approx(np.mean(drawn), rel=1e-10)


def test_parity_with_torch_fidelity():
    from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric

    one, other = features(30, 0), features(40, 1)
    settings = {"kid_subsets": 5, "kid_subset_size": 8, "rng_seed": 2020, "verbose": False}
    expected = kid_features_to_metric(torch.from_numpy(one), torch.from_numpy(other), **settings)
    assert kid_subsets(one, other, subsets=5, size=8)[0] == pytest.approx(expected[KEY_METRIC_KID_MEAN], rel=1e-10)


def test_the_subsets_are_torch_fidelitys():
    from torch_fidelity.defaults import DEFAULTS

    assert DEFAULTS["kid_subsets"] == kid.SUBSETS and DEFAULTS["kid_subset_size"] == kid.SUBSET_SIZE
    assert DEFAULTS["rng_seed"] == kid.SEED and DEFAULTS["kid_kernel_poly_degree"] == 3
    assert DEFAULTS["kid_kernel_poly_coef0"] == 1 and DEFAULTS["kid_kernel_poly_gamma"] is None


def test_too_few_rows_have_no_value():
    assert np.isnan(kid.kid(features(1, 0), features(5, 1))).all()
    assert np.isfinite(kid.kid(features(2, 0), features(2, 1))).all()
    assert np.isnan(METRICS["kid[subsets]"].function(features(999, 0), features(1000, 1))).all()


@pytest.mark.parametrize("function", [kid.kid, kid_subsets])
def test_other_inputs_are_refused(function):
    with pytest.raises(ValueError, match="expected features"):
        function(features(5, 0), features(5, 0, dimensions=5))
    for one, other in ((features(5, 0)[..., None], features(5, 0)), (features(5, 0), features(5, 0)[..., None])):
        with pytest.raises(ValueError, match="expected features"):
            function(one, other)
    with pytest.raises(ValueError, match="finite"):
        function(features(5, 0), np.full((5, 6), np.inf))
