"""APD: mean absolute difference of head-pose angles."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.apd import apd


def test_closed_form():
    # (|0.3| + |-0.6| + |0|) / 3
    driving = np.array([[0.1, 0.2, -0.3]])
    assert apd(driving + np.array([0.3, -0.6, 0.0]), driving) == pytest.approx([0.3])


def test_identical_poses_are_zero():
    poses = np.random.default_rng(0).uniform(-3, 3, (5, 3))
    assert apd(poses, poses).tolist() == [0.0] * 5


def test_angles_wrap_around():
    # 179 and -179 degrees are 2 degrees apart; whole turns are nothing; half a turn is the most there is.
    degrees = np.deg2rad(np.array([[179.0, 0, 0], [720, -360, 10], [180, 180, -180]]))
    other = np.deg2rad(np.array([[-179.0, 0, 0], [0, 0, 10], [0, 0, 0]]))
    assert np.rad2deg(apd(degrees, other)) == pytest.approx([2 / 3, 0, 180], abs=1e-9)


def test_it_is_symmetric_and_bounded():
    first, second = np.random.default_rng(1).uniform(-20, 20, (2, 500, 3))
    values = apd(first, second)
    assert np.array_equal(values, apd(second, first)) and (values >= 0).all() and (values <= np.pi).all()
    assert METRICS["apd[landmark]"].high == pytest.approx(np.pi)


def test_a_missing_face_has_no_value():
    poses = np.zeros((3, 3))
    missing = poses.copy()
    missing[1] = np.nan
    assert np.isnan(apd(missing, poses)).tolist() == np.isnan(apd(poses, missing)).tolist() == [False, True, False]


def test_other_shapes_are_refused():
    for other in (np.zeros((2, 3)), np.zeros((3, 2))):
        with pytest.raises(ValueError, match="expected rows of one shape"):
            apd(other, np.zeros((3, 3)))
    with pytest.raises(ValueError, match="expected rows of one shape"):
        apd(np.zeros(3), np.zeros(3))


def test_the_facts():
    metric = METRICS["apd[landmark]"]
    assert (metric.better, metric.reference, metric.unit) == ("lower", "driving", "rad")
    assert metric.input == ("landmark_pose", "angles") and "cross_reenactment" in metric.tasks
