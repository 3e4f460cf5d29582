"""The warping error sees noise and flicker, not motion, and a frozen clip gets no prize."""

import numpy as np
import pytest

from evalkit.extractors.dis_flow import warping_error
from tests.metrics.moving import SIDE, brighter, clip, noisy, value

cv2 = pytest.importorskip("cv2")


def test_a_clip_whose_flow_is_known_has_no_error_but_where_it_is_occluded():
    before = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    now = np.roll(before, 3, axis=1)
    flow = np.zeros((SIDE, SIDE, 2), np.float32)
    flow[..., 0] = -3
    assert warping_error(cv2, now, before, flow, -flow) == 0
    # Where the flow back does not answer, pixels are occluded: here everywhere.
    assert warping_error(cv2, now, before, flow, flow) == 0
    assert warping_error(cv2, now, before, 0 * flow, 0 * flow) > 100


def test_a_change_of_a_tenth_of_the_scale_is_ten_thousandths():
    before = np.full((SIDE, SIDE, 3), 100, np.uint8)
    still = np.zeros((SIDE, SIDE, 2), np.float32)
    assert warping_error(cv2, before + 51, before, still, still) == pytest.approx(1000 * 0.2**2)


def test_more_noise_and_more_flicker_are_worse():
    clean = clip()
    for damage, amounts in ((noisy, (0, 4, 8, 16)), (brighter, (0, 4, 8, 16))):
        values = [value("warp", damage(clean, amount) if amount else clean, clean) for amount in amounts]
        assert values[0] == 0 and values == sorted(values) and len(set(values)) == 4


def test_a_frozen_clip_does_not_win():
    driving = noisy(clip(), 4)
    frozen = np.repeat(driving[:1], len(driving), axis=0)
    assert value("warp", frozen, driving) > value("warp", noisy(clip(), 4), driving) == 0
    assert value("motion", frozen, driving) == 1
