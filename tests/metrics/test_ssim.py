"""SSIM: parity with scikit-image in both variants, closed forms, direction."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure

from evalkit.metrics import METRICS, find_metric
from evalkit.metrics.ssim import gaussian_window
from tests.fakes import noise

GAUSSIAN, UNIFORM = METRICS["ssim"].function, METRICS["ssim[skimage]"].function
MIRRORED = METRICS["ssim[torchmetrics]"].function
SIZES = [(11, 11), (16, 16), (33, 17), (64, 48)]


def smooth_pair(size, seed=0):
    """A picture with structure, and a disturbed copy."""
    generator = np.random.default_rng(seed)
    base = gaussian_filter(generator.uniform(0, 255, (2, *size, 3)), (0, 2, 2, 0))
    base = (base - base.min()) / (base.max() - base.min()) * 255
    return np.clip(base + generator.normal(0, 12, base.shape), 0, 255).astype(np.uint8), base.astype(np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_parity_with_skimage_gaussian(size):
    for generated, reference in (smooth_pair(size), (noise(2, *size, seed=1), noise(2, *size, seed=2))):
        expected = [
            structural_similarity(
                r,
                g,
                data_range=255,
                channel_axis=-1,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
            )
            for g, r in zip(generated, reference, strict=True)
        ]
        assert GAUSSIAN(generated, reference) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", [(7, 7), *SIZES])
def test_parity_with_skimage_default(size):
    for generated, reference in (smooth_pair(size), (noise(2, *size, seed=1), noise(2, *size, seed=2))):
        expected = [
            structural_similarity(r, g, data_range=255, channel_axis=-1)
            for g, r in zip(generated, reference, strict=True)
        ]
        assert UNIFORM(generated, reference) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_parity_with_torchmetrics(size):
    frames = smooth_pair(size), (noise(2, *size, seed=1), noise(2, *size, seed=2)), (noise(2, *size),) * 2
    for pair in frames:
        generated, reference = (torch.from_numpy(side.transpose(0, 3, 1, 2)).double() for side in pair)
        # Of numbers of double precision its float32 window alone is rounded.
        expected = structural_similarity_index_measure(generated, reference, data_range=255.0, reduction="none")
        assert MIRRORED(*pair) == pytest.approx(expected.numpy(), abs=1e-6)


def test_the_border_of_torchmetrics_is_another_number():
    generated, reference = smooth_pair((64, 48))
    assert np.abs(MIRRORED(generated, reference) - GAUSSIAN(generated, reference)).min() > 1e-4


@pytest.mark.parametrize("function", [GAUSSIAN, UNIFORM, MIRRORED])
def test_identical_frames_are_one(function):
    for frames in (noise(2), np.zeros((2, 16, 16, 3), np.uint8), np.full((2, 16, 16, 3), 255, np.uint8)):
        assert function(frames, frames) == pytest.approx([1.0, 1.0], abs=1e-12)


@pytest.mark.parametrize("function", [GAUSSIAN, UNIFORM, MIRRORED])
def test_flat_frames_have_luminance_only(function):
    # Without variance the structure term is 1, and SSIM = (2ab + C1) / (a^2 + b^2 + C1), C1 = (0.01 * 255)^2.
    a, b, c1 = 100.0, 60.0, 2.55**2
    flat = np.zeros((1, 16, 16, 3), np.uint8)
    expected = (2 * a * b + c1) / (a * a + b * b + c1)
    assert function(flat + np.uint8(100), flat + np.uint8(60)) == pytest.approx([expected], abs=1e-9)


def test_an_inverted_picture_is_below_zero():
    stripes = np.zeros((1, 32, 32, 3), np.uint8)
    stripes[:, :, ::2] = 255
    assert GAUSSIAN(stripes, 255 - stripes)[0] < -0.9 and UNIFORM(stripes, 255 - stripes)[0] < -0.9


@pytest.mark.parametrize("function", [GAUSSIAN, UNIFORM, MIRRORED])
def test_more_noise_is_worse_and_the_sides_may_be_swapped(function):
    _, clean = smooth_pair((48, 48))
    generator = np.random.default_rng(3)
    disturbed = [np.clip(clean + generator.normal(0, s, clean.shape), 0, 255).astype(np.uint8) for s in (2, 8, 30)]
    values = [function(frames, clean).mean() for frames in disturbed]
    assert 1 > values[0] > values[1] > values[2] > 0
    assert function(clean, disturbed[1]) == pytest.approx(function(disturbed[1], clean), abs=1e-12)


def test_the_window_is_wangs():
    # Wang et al. 2004: 11x11 circular-symmetric Gaussian, standard deviation 1.5, normalised to unit sum.
    window = gaussian_window()
    assert len(window) == 11 and window.sum() == pytest.approx(1) and np.array_equal(window, window[::-1])
    assert window[5] / window[4] == pytest.approx(np.exp(1 / (2 * 1.5**2)))


def test_channels_are_averaged():
    _, clean = smooth_pair((32, 32))
    one = clean.copy()
    one[..., 1] = 255 - one[..., 1]
    grey = [GAUSSIAN(np.repeat(one[..., c : c + 1], 3, 3), np.repeat(clean[..., c : c + 1], 3, 3)) for c in range(3)]
    assert GAUSSIAN(one, clean) == pytest.approx(np.mean(grey, axis=0), abs=1e-12)


@pytest.mark.parametrize(("function", "size"), [(GAUSSIAN, 11), (UNIFORM, 7)])
def test_frames_smaller_than_the_window_are_refused(function, size):
    with pytest.raises(ValueError, match=rf"SSIM needs frames of at least {size}x{size}, got \({size - 1}, 40\)"):
        function(noise(1, size - 1, 40), noise(1, size - 1, 40))


def test_chunks_give_the_same_bits():
    generated, reference = noise(17, seed=1), noise(17, seed=2)
    whole = GAUSSIAN(generated, reference)
    for size in (1, 7, 16):
        parts = [GAUSSIAN(generated[i : i + size], reference[i : i + size]) for i in range(0, 17, size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_the_plain_name_is_wangs():
    assert find_metric("ssim").key == "ssim" and find_metric("ssim[skimage]").variant == "skimage"


@pytest.mark.parametrize("size", [(64, 64), (51, 70)])
def test_variants_equal_scikit_image_called_that_way(size):
    generator = np.random.default_rng(3)
    one = generator.integers(0, 256, (1, *size, 3), dtype=np.uint8)
    other = np.clip(one + generator.normal(0, 30, one.shape), 0, 255).astype(np.uint8)
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    as_floats = [frames[0] / 255 for frames in (one, other)]
    signed = [frames * 2 - 1 for frames in as_floats]
    luma = [frames[0] @ np.array([0.299, 0.587, 0.114]) for frames in (one, other)]
    expected = {
        "range2": structural_similarity(*as_floats, channel_axis=2, data_range=2.0),
        "range255": structural_similarity(*signed, channel_axis=2, data_range=255.0, **gaussian),
        "grey": structural_similarity(*luma, data_range=255.0, **gaussian),
    }
    for variant, value in expected.items():
        assert METRICS[f"ssim[{variant}]"].function(one, other)[0] == pytest.approx(value, rel=1e-6)


def test_the_unscaled_range_says_nothing():
    # Two pictures of noise that have nothing in common.
    generator = np.random.default_rng(4)
    one, other = (generator.integers(0, 256, (1, 64, 64, 3), dtype=np.uint8) for _ in range(2))
    assert METRICS["ssim"].function(one, other)[0] < 0.1
    assert METRICS["ssim[range255]"].function(one, other)[0] > 0.9
