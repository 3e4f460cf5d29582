"""P-RMSE: root mean square difference of head-pose angles."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.p_rmse import rmse


def test_closed_form():
    # Differences 0.3, -0.6, 0.6: the root of (0.09 + 0.36 + 0.36) / 3.
    driving = np.array([[0.1, 0.2, -0.3]])
    assert rmse(driving + np.array([[0.3, -0.6, 0.6]]), driving) == pytest.approx([np.sqrt(0.27)])


def test_it_is_at_least_the_mean_absolute_difference_and_equal_for_equal_ones():
    generated, driving = np.random.default_rng(0).normal(size=(2, 100, 3))
    assert (rmse(generated, driving) > np.abs(generated - driving).mean(axis=1)).all()
    assert rmse(driving - 0.25, driving) == pytest.approx(0.25)


def test_the_root_is_taken_in_each_frame():
    # Frames off by 1 and by 3: the mean of the roots is 2, the root over all would be sqrt(5).
    assert rmse(np.array([[1.0] * 3, [3.0] * 3]), np.zeros((2, 3))).mean() == pytest.approx(2)


def test_identical_poses_are_zero_and_a_missing_face_has_no_value():
    poses = np.random.default_rng(1).normal(size=(4, 3))
    missing = poses.copy()
    missing[2] = np.nan
    assert rmse(poses, poses).tolist() == [0.0] * 4
    assert (
        np.isnan(rmse(missing, poses)).tolist()
        == np.isnan(rmse(poses, missing)).tolist()
        == [False, False, True, False]
    )


def test_worse_poses_score_worse():
    poses, noise = np.random.default_rng(2).normal(size=(2, 50, 3))
    means = [rmse(poses + step * noise, poses).mean() for step in (0, 0.01, 0.1, 1)]
    assert means == sorted(means) and len(set(means)) == 4


def test_it_takes_the_angles_of_deep3d():
    metric = METRICS["p_rmse[deep3d]"]
    assert metric.input == ("deep3d", "angles") and metric.function is rmse and metric.unit == "rad"
