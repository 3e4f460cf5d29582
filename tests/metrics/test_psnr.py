"""PSNR of 8-bit frames."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from evalkit.metrics import METRICS
from evalkit.metrics.psnr import CAP, psnr
from tests.fakes import noise


def test_a_constant_shift():
    # MSE = c^2, so PSNR = 20 log10(255 / c): 0 dB for 255, 20 dB for 25.5.
    frames = np.zeros((1, 6, 6, 3), np.uint8)
    for shift in (1, 51, 255):
        assert psnr(frames + np.uint8(shift), frames) == pytest.approx(20 * np.log10(255 / shift))
    assert psnr(frames + np.uint8(255), frames).tolist() == [0.0]


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (64, 48), (1, 1)])
def test_parity_with_skimage(size):
    generated, reference = noise(3, *size, seed=1), noise(3, *size, seed=2)
    expected = [peak_signal_noise_ratio(r, g, data_range=255) for g, r in zip(generated, reference, strict=True)]
    assert psnr(generated, reference) == pytest.approx(expected, abs=1e-6)


def test_identical_frames_get_the_cap_and_nothing_else_is_mixed_up():
    generated = np.stack([noise(1, seed=1)[0], noise(1, seed=2)[0]])
    reference = np.repeat(generated[:1], 2, axis=0)
    values = psnr(generated, reference)
    assert values[0] == CAP == 100.0 and 5 < values[1] < 20


def test_the_cap_hides_nothing_that_can_be_seen():
    # One value of a 256x256 frame off by one level: 10 log10(255^2 * 196608) = 101.07 dB, the best a difference can be.
    assert 10 * np.log10(255**2 * 256 * 256 * 3) == pytest.approx(101.07, abs=0.01)
    frames = np.zeros((1, 256, 256, 3), np.uint8)
    other = frames.copy()
    other[0, 0, 0, 0] = 1
    assert psnr(other, frames).tolist() == [CAP]
    other[0, 0, 0, 1] = 1
    assert psnr(other, frames)[0] == pytest.approx(10 * np.log10(255**2 * 196608 / 2)) and psnr(other, frames)[0] < CAP


def test_a_run_says_how_many_frames_stand_in_the_mean_with_the_cap():
    frames = noise(3, seed=1)
    values = psnr(np.stack([frames[0], frames[1], frames[0]]), np.stack([frames[0], frames[0], frames[0]]))
    assert METRICS["psnr"].level.notes(values) == ("2 of 3 frames stand in the mean with the cap of 100 dB",)
    assert METRICS["psnr[range2]"].level.notes(values[1:2]) == ()
    # One capped frame among T moves the mean by 1/T of the distance to the cap.
    assert values.mean() == pytest.approx(values[1] + 2 / 3 * (CAP - values[1]))


def test_it_is_averaged_over_frames_not_over_errors():
    # Errors 1 and 51: mean of the two PSNRs, which is not the PSNR of the mean error.
    reference = np.zeros((2, 4, 4, 3), np.uint8)
    generated = reference.copy()
    generated[0], generated[1] = 1, 51
    values = psnr(generated, reference)
    assert values.mean() == pytest.approx((20 * np.log10(255) + 20 * np.log10(5)) / 2)
    assert values.mean() > 10 * np.log10(255**2 / ((1 + 51**2) / 2)) + 10


def test_chunks_give_the_same_bits():
    generated, reference = noise(17, seed=1), noise(17, seed=2)
    whole = psnr(generated, reference)
    for size in (1, 7, 16):
        parts = [psnr(generated[i : i + size], reference[i : i + size]) for i in range(0, 17, size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_the_facts():
    metric = METRICS["psnr"]
    assert (metric.better, metric.unit, metric.high) == ("higher", "dB", CAP) and "cap100" in metric.settings


def test_a_range_of_two_adds_six_decibels():
    generated, reference = np.full((1, 8, 8, 3), 10, np.uint8), np.full((1, 8, 8, 3), 20, np.uint8)
    slip = METRICS["psnr[range2]"].function(generated, reference)
    assert slip - psnr(generated, reference) == pytest.approx(20 * np.log10(2))
