"""Fréchet distance of motion: rows in hundredths of the eye distance, blind to where a face is."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.motion_fd import motion_fd, velocity_and_acceleration
from tests.metrics.faces478 import faces


def swaying(frames, pixels, seed=0):
    path = np.cumsum(np.random.default_rng(seed).normal(0, pixels, (frames, 1, 2)), axis=0)
    return faces(np.zeros(frames)) + path


def test_rows_are_steps_and_their_changes_in_hundredths_of_the_eye_distance():
    moved = faces(np.zeros(4))
    moved[..., 0] += np.array([0, 1, 3, 6])[:, None]
    rows = velocity_and_acceleration(moved)
    assert rows.shape == (2, 40)
    assert rows[:, 0:20:2].tolist() == pytest.approx(np.repeat([[2.0], [3.0]], 10, axis=1))
    assert rows[:, 20::2].tolist() == pytest.approx(np.ones((2, 10))) and not rows[:, 1::2].any()


def test_a_missing_face_costs_the_rows_that_look_at_it():
    points = swaying(8, 2)
    points[4] = np.nan
    assert len(velocity_and_acceleration(points)) == 3  # of frames 2, 3 and 7
    assert velocity_and_acceleration(np.full((5, 478, 2), np.nan)).shape == (0, 40)


def test_the_more_the_motion_differs_the_worse_and_a_frozen_clip_loses():
    driving = velocity_and_acceleration(swaying(200, 2))
    values = [motion_fd(velocity_and_acceleration(swaying(200, pixels, seed=1)), driving)[0] for pixels in (2, 3, 4, 8)]
    assert values == sorted(values)
    frozen = motion_fd(velocity_and_acceleration(faces(np.zeros(200))), driving)[0]
    assert frozen > values[0]


def test_place_and_size_of_the_face_are_free():
    driving = swaying(60, 2)
    rows = [velocity_and_acceleration(points) for points in (2 * driving + 30, driving)]
    assert motion_fd(*rows)[0] == pytest.approx(0, abs=1e-9)


def test_the_metric_takes_its_rows_this_way():
    assert METRICS["motion_fd[mediapipe478]"].level.rows is velocity_and_acceleration
