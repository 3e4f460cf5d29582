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
