"""AKD variants: both distances on each detector's points."""

import numpy as np
import pytest

from evalkit.metrics import METRICS, find_metric


@pytest.mark.parametrize(("detector", "count"), [("dlib68", 68), ("fan68", 68), ("mtcnn5", 5), ("mediapipe478", 478)])
def test_a_shift_of_three_and_four_pixels_is_the_same_for_every_number_of_points(detector, count):
    points = np.random.default_rng(0).uniform(0, 256, (2, count, 2))
    euclidean, absolute = METRICS[f"akd[{detector}]"], METRICS[f"akd[{detector}-mean-abs]"]
    assert euclidean.input == absolute.input == (detector, "points")
    assert euclidean.function(points + np.array([3, 4]), points) == pytest.approx(5)
    assert absolute.function(points + np.array([3, 4]), points) == pytest.approx(3.5)


def test_the_plain_name_means_the_variant_that_needs_no_download():
    assert find_metric("akd").key == "akd[fan68]"
