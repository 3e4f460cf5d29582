"""Blinks: at the same time, within two frames."""

import numpy as np
import pytest

from evalkit.metrics.blink import blink
from tests.metrics.faces478 import blinking

DRIVING = blinking([10, 11, 12, 30])


def test_the_same_blinks_are_perfect_and_two_frames_late_still_are():
    assert blink(DRIVING, DRIVING) == pytest.approx(1)
    assert blink(blinking([12, 13, 14, 32]), DRIVING)[0] == pytest.approx(1)


def test_the_value_is_f1():
    # Three of four driving frames are met; of four generated frames three meet one.
    assert blink(blinking([10, 11, 12, 20]), DRIVING)[0] == pytest.approx(0.75)
    # One of two driving blinks, nothing false: precision 1, recall 3 of 4.
    assert blink(blinking([10, 11, 12]), DRIVING)[0] == pytest.approx(2 * 0.75 / 1.75)


def test_eyes_that_never_close_or_close_at_the_wrong_time_get_nothing():
    assert blink(blinking([]), DRIVING).tolist() == [0] * 40
    assert blink(blinking([20]), DRIVING)[0] == 0 and blink(DRIVING, blinking([]))[0] == 0
    assert np.isnan(blink(blinking([]), blinking([]))).all()


def test_more_missed_blinks_are_worse():
    values = [blink(blinking(frames), DRIVING)[0] for frames in ([10, 11, 12, 30], [10, 11, 12], [30], [])]
    assert values == sorted(values, reverse=True) and len(set(values)) == 4


def test_who_always_squints_does_not_always_blink():
    squinting = DRIVING.copy()
    squinting[:, 9:11] += 0.25
    assert blink(squinting, DRIVING)[0] == pytest.approx(1)
