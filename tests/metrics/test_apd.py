"""APD variants: the same formula on several pose estimators, in degrees, and with translation."""

import numpy as np
import pytest

from evalkit.metrics import METRICS, find_metric
from evalkit.metrics.apd import apd, apd_degrees, apd_unwrapped


def test_degrees_are_radians_in_degrees():
    driving = np.deg2rad(np.array([[10.0, 20, 30], [179, 0, 0]]))
    generated = np.deg2rad(np.array([[13.0, 20, 27], [-179, 0, 0]]))
    assert apd_degrees(generated, driving) == pytest.approx([2, 2 / 3])


def test_translation_is_three_more_numbers():
    # (0.1 + 0.2 + 0.3 + 1 + 2 + 3) / 6, signs aside; with equal translations half of the angles' mean.
    driving = np.zeros((1, 6))
    assert apd_unwrapped(np.array([[0.1, -0.2, 0.3, 1, -2, 3]]), driving) == pytest.approx([1.1])
    angles = np.array([[0.1, -0.2, 0.3, 0, 0, 0]])
    assert apd_unwrapped(angles, driving) == pytest.approx(apd(angles[:, :3], driving[:, :3]) / 2)


def test_translation_is_not_wrapped():
    assert apd_unwrapped(np.array([[0, 0, 0, 60.0, 0, 0]]), np.zeros((1, 6))) == pytest.approx([10])


@pytest.mark.parametrize(
    ("key", "source", "unit"),
    [
        ("apd[deep3d]", ("deep3d", "angles"), "rad"),
        ("apd[deep3d-deg]", ("deep3d", "angles"), "deg"),
        ("apd[deep3d-translation]", ("deep3d", "pose"), ""),
        ("apd[mediapipe]", ("mediapipe478", "angles"), "rad"),
        ("apd[3ddfa]", ("tddfa_v2", "angles"), "rad"),
        ("apd[fsanet]", ("fsanet", "angles"), "rad"),
    ],
)
def test_each_variant_names_its_source_and_unit(key, source, unit):
    assert METRICS[key].input == source and METRICS[key].unit == unit


def test_the_plain_name_means_the_variant_that_needs_no_download():
    assert find_metric("apd").key == "apd[deep3d]"
