"""Identity drift: the change of the face per frame, beside that of the driving clip."""

import numpy as np
import pytest

from evalkit.metrics.identity_drift import identity_drift


def turning(degrees, frames=5):
    angles = np.deg2rad(degrees) * np.arange(frames)
    return 7 * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_the_value_is_the_difference_of_cosines():
    values = identity_drift(turning(60), turning(0))
    assert np.isnan(values[0]) and values[1:] == pytest.approx(0.5)


def test_a_face_that_never_changes_is_as_wrong_as_one_that_changes_too_much():
    driving = turning(60)
    assert identity_drift(driving, driving)[1:] == pytest.approx(0)
    assert identity_drift(turning(0), driving)[1:] == pytest.approx(0.5)
    assert identity_drift(turning(90), driving)[1:] == pytest.approx(0.5)


def test_a_missing_face_costs_its_frame_and_the_next():
    generated = turning(10)
    generated[2] = np.nan
    assert np.isnan(identity_drift(generated, turning(10))).tolist() == [True, False, True, True, False]
