"""AED by pose-normalised landmarks."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.aed import aed_landmark

SHAPES = np.random.default_rng(0).uniform(-1, 1, (4, 42, 2))


def test_a_shift_of_every_landmark_is_its_length():
    assert aed_landmark(SHAPES + np.array([0.03, 0.04]), SHAPES) == pytest.approx(0.05)


def test_one_landmark_of_42():
    moved = SHAPES.copy()
    moved[1, 5] += [0.3, -0.4]
    assert aed_landmark(moved, SHAPES) == pytest.approx([0, 0.5 / 42, 0, 0])


def test_identical_expressions_are_zero():
    assert aed_landmark(SHAPES, SHAPES).tolist() == [0.0] * 4


def test_a_missing_face_has_no_value():
    missing = SHAPES.copy()
    missing[2] = np.nan
    expected = [False, False, True, False]
    assert np.isnan(aed_landmark(missing, SHAPES)).tolist() == expected
    assert np.isnan(aed_landmark(SHAPES, missing)).tolist() == expected


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="expected rows of one shape"):
        aed_landmark(SHAPES[:, :5], SHAPES)


def test_the_facts():
    metric = METRICS["aed[landmark]"]
    assert (metric.better, metric.reference) == ("lower", "driving")
    assert metric.input == ("landmark_expression", "shape") and "cross_reenactment" in metric.tasks
