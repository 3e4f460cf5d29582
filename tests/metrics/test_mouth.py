"""Mouth: Pearson's correlation of openings."""

import numpy as np
import pytest

from evalkit.metrics.mouth import mouth
from tests.metrics.faces478 import faces

SPEAKING = 0.1 + 0.08 * np.sin(np.arange(30))


def test_how_far_a_mouth_opens_does_not_matter_only_when():
    assert mouth(faces(0.3 * SPEAKING), faces(SPEAKING)) == pytest.approx(1)
    assert mouth(faces(0.2 - SPEAKING), faces(SPEAKING)) == pytest.approx(-1)
    assert mouth(faces(SPEAKING, eye_distance=50), faces(SPEAKING)) == pytest.approx(1)


def test_it_is_the_correlation_of_the_openings():
    other = 0.1 + 0.05 * np.cos(np.arange(30) / 2)
    assert mouth(faces(other), faces(SPEAKING))[0] == pytest.approx(np.corrcoef(other, SPEAKING)[0, 1])


def test_a_mouth_that_stands_still_counts_nothing_and_a_driver_who_is_silent_has_no_value():
    assert mouth(faces(np.full(30, 0.1)), faces(SPEAKING)) == pytest.approx(0)
    assert np.isnan(mouth(faces(SPEAKING), faces(np.full(30, 0.1)))).all()


def test_a_later_mouth_is_worse():
    values = [mouth(faces(np.roll(SPEAKING, late)), faces(SPEAKING))[0] for late in (0, 1, 2, 3)]
    assert values == sorted(values, reverse=True)


def test_frames_without_a_face_are_left_out():
    generated = faces(SPEAKING)
    generated[3] = np.nan
    assert mouth(generated, faces(SPEAKING)) == pytest.approx(1)
