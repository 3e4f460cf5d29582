"""Jitter counts trembling at rest only."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from tests.metrics.faces478 import faces

JITTER = METRICS["jitter[mediapipe478]"].function


def trembling(frames, pixels):
    """Faces that go up and down by `pixels` from frame to frame."""
    moved = faces(np.zeros(frames))
    moved[..., 1] += pixels * (np.arange(frames) % 2)[:, None]
    return moved


def test_the_value_is_the_second_difference_in_eye_distances():
    # Up and down by p: p - 2 * 0 + p, over 100 pixels between the eyes.
    values = JITTER(trembling(8, 1.5), faces(np.zeros(8)))
    assert np.isnan(values[:2]).all() and values[2:] == pytest.approx(2 * 1.5 / 100)


def test_a_smooth_turn_of_the_generated_head_is_no_jitter():
    turning = faces(np.zeros(8)) + np.arange(8)[:, None, None]
    assert JITTER(turning, faces(np.zeros(8)))[2:] == pytest.approx(0, abs=1e-12)


def test_frames_in_which_the_driving_head_moves_have_no_value():
    driving = faces(np.zeros(10))
    driving[5:] += 3
    assert np.flatnonzero(np.isnan(JITTER(driving, driving))).tolist() == [0, 1, 5, 6]


def test_a_frozen_head_does_not_win_over_one_that_trembles_as_the_driver_does():
    driving = trembling(8, 0.2)
    assert np.nanmean(JITTER(faces(np.zeros(8)), driving)) > np.nanmean(JITTER(trembling(8, 0.25), driving))


def test_a_larger_picture_changes_nothing():
    small, driving = trembling(8, 1.5), faces(np.zeros(8))
    assert JITTER(3 * small, 3 * driving)[2:] == pytest.approx(JITTER(small, driving)[2:])


def test_which_of_dlibs_points_are_followed():
    """Nose and corners of the eyes, 27 to 35 and 36, 39, 42, 45 counted from 0, each a 13th; eyes are 80 apart."""
    still = np.random.default_rng(0).uniform(0, 200, (1, 68, 2)).repeat(4, axis=0)
    still[:, 36], still[:, 45] = (60, 90), (140, 90)
    found = {}
    for point in range(68):
        moved = still.copy()
        moved[:, point, 1] += [0, 0, 2, 0]
        found[point] = METRICS["jitter[dlib68]"].function(moved, still)[2]
    followed = {*range(27, 36), 36, 39, 42, 45}
    assert {point for point, value in found.items() if value > 1e-9} == followed
    assert found[30] == pytest.approx(2 / 80 / 13)
