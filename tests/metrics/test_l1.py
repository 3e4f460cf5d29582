"""L1 on the [0, 1] scale."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.l1 import l1
from tests.fakes import noise


def test_identical_frames_are_zero():
    assert l1(noise(3), noise(3)).tolist() == [0.0] * 3


@pytest.mark.parametrize("shift", [1, 17, 255])
def test_a_constant_shift_is_its_size(shift):
    # |x + c - x| / 255 = c / 255 for every value, in both directions.
    frames = np.zeros((2, 5, 7, 3), np.uint8) + np.uint8(0)
    assert l1(frames + np.uint8(shift), frames) == pytest.approx(shift / 255)
    assert l1(frames, frames + np.uint8(shift)) == pytest.approx(shift / 255)


def test_black_against_white_is_one():
    black = np.zeros((1, 4, 4, 3), np.uint8)
    assert l1(black, black + np.uint8(255)).tolist() == [1.0]


def test_one_channel_of_one_pixel():
    # One of 4 * 4 * 3 values differs by 51 = 0.2 * 255.
    frames = np.zeros((1, 4, 4, 3), np.uint8)
    other = frames.copy()
    other[0, 2, 1, 0] = 51
    assert l1(other, frames) == pytest.approx(0.2 / 48)


def test_it_agrees_with_floats_frame_by_frame():
    generated, reference = noise(4, 9, 11, seed=1), noise(4, 9, 11, seed=2)
    expected = np.abs(generated / 255 - reference / 255).mean(axis=(1, 2, 3))
    values = l1(generated, reference)
    assert values.dtype == np.float64 and values == pytest.approx(expected, abs=1e-12)


def test_chunks_give_the_same_bits():
    generated, reference = noise(17, seed=1), noise(17, seed=2)
    whole = l1(generated, reference)
    for size in (1, 7, 16):
        parts = [l1(generated[i : i + size], reference[i : i + size]) for i in range(0, 17, size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_the_facts():
    metric = METRICS["l1"]
    assert (metric.better, metric.reference, metric.low, metric.high) == ("lower", "driving", 0.0, 1.0)
    assert metric.tasks == {"self_reenactment"}
