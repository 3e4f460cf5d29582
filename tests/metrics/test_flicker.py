"""Flicker sees brightness that changes, not what moves, and a frozen clip gets no prize."""

import numpy as np
import pytest

from tests.metrics.moving import brighter, clip, noisy, value

pytest.importorskip("cv2")


def test_the_value_is_the_change_of_brightness_in_grey_levels():
    assert value("flicker", brighter(clip(), 6), clip()) == pytest.approx(6, abs=0.5)


def test_more_flicker_is_worse_and_noise_is_worth_little():
    clean, driving = clip(), clip()
    values = [value("flicker", brighter(clean, levels), driving) for levels in (0, 2, 4, 8)]
    assert values[0] == 0 and values == sorted(values)
    assert value("flicker", noisy(clean, 8), driving) < values[1]


def test_motion_is_no_flicker():
    assert value("flicker", clip(step=4), clip(step=2)) < 0.5


def test_a_frozen_clip_does_not_win_where_the_driving_clip_flickers():
    driving = brighter(clip(), 4)
    frozen = np.repeat(driving[:1], len(driving), axis=0)
    assert value("flicker", frozen, driving) > value("flicker", noisy(driving, 1), driving)
