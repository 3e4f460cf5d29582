"""Amount of motion: a clip that stands still is the worst there is."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.motion import motion


def test_half_and_twice_the_motion_are_equally_far_from_it():
    driving = np.array([[0.0], [1.0], [3.0]])
    assert motion(driving, driving).tolist() == [0, 0, 0]
    assert motion(driving / 2, driving) == pytest.approx(0.5) and motion(driving * 2, driving) == pytest.approx(0.5)


def test_a_frozen_clip_is_worst_and_two_still_clips_have_no_value():
    driving = np.array([[0.0], [1.0], [3.0]])
    assert motion(0 * driving, driving).tolist() == [METRICS["motion"].high] * 3
    assert np.isnan(motion(0 * driving, 0 * driving)).all()


def test_the_first_frame_which_has_no_step_does_not_count():
    driving = np.array([[0.0], [2.0]])
    assert motion(np.array([[9.0], [1.0]]), driving) == pytest.approx(0.5)
