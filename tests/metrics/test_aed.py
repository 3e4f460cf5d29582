"""AED variants: mean absolute difference of expression coefficients."""

import numpy as np
import pytest

from evalkit.metrics import METRICS, find_metric
from evalkit.metrics.aed import aed


def test_one_coefficient_of_64():
    driving = np.random.default_rng(0).normal(size=(3, 64))
    generated = driving.copy()
    generated[1, 5] -= 3.2
    assert aed(generated, driving) == pytest.approx([0, 0.05, 0])


def test_identical_expressions_are_zero_and_a_missing_face_has_no_value():
    rows = np.random.default_rng(1).normal(size=(4, 52))
    missing = rows.copy()
    missing[0] = np.nan
    assert aed(rows, rows).tolist() == [0.0] * 4
    assert np.isnan(aed(missing, rows)).tolist() == [True, False, False, False]


def test_blendshapes_between_0_and_1_stay_between_0_and_1():
    metric = METRICS["aed[blendshapes]"]
    assert metric.function(np.ones((1, 52)), np.zeros((1, 52))).tolist() == [metric.high]


def test_chunks_give_the_same_bits():
    generated, driving = np.random.default_rng(2).normal(size=(2, 33, 64))
    parts = [aed(generated[i : i + 7], driving[i : i + 7]) for i in range(0, 33, 7)]
    assert np.array_equal(np.concatenate(parts), aed(generated, driving))


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("aed[deep3d]", ("deep3d", "expression")),
        ("aed[blendshapes]", ("mediapipe478", "blendshapes")),
        ("aed[3ddfa]", ("tddfa_v2", "expression")),
        ("aed[smirk]", ("smirk", "expression")),
        ("aed[smirk-eyelids-jaw]", ("smirk", "face")),
    ],
)
def test_each_variant_names_its_source(key, source):
    assert METRICS[key].input == source and METRICS[key].function is aed


def test_the_plain_name_means_the_variant_that_needs_no_download():
    assert find_metric("aed").key == "aed[deep3d]"
