"""AKD: distance of landmarks in pixels, Euclidean and as the FOMM line computes it."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.akd import akd, akd_mean_abs

POINTS = np.random.default_rng(0).uniform(0, 256, (5, 68, 2))


def test_a_shift_of_three_and_four_pixels():
    # Every landmark moves by (3, 4): Euclidean 5, mean absolute coordinate difference (3 + 4) / 2.
    moved = POINTS + np.array([3.0, -4.0])
    assert akd(moved, POINTS) == pytest.approx(5) and akd_mean_abs(moved, POINTS) == pytest.approx(3.5)


def test_one_landmark_of_68():
    moved = POINTS.copy()
    moved[2, 30] += [6, 8]
    assert akd(moved, POINTS) == pytest.approx([0, 0, 10 / 68, 0, 0])
    assert akd_mean_abs(moved, POINTS) == pytest.approx([0, 0, 7 / 68, 0, 0])


def test_identical_landmarks_are_zero():
    assert akd(POINTS, POINTS).tolist() == akd_mean_abs(POINTS, POINTS).tolist() == [0.0] * 5


def test_the_two_differ_by_about_half_pi():
    # Over all directions |(cos, sin)| = 1, and the mean of (|cos| + |sin|) / 2 is 2 / pi.
    angle = np.linspace(0, 2 * np.pi, 68 * 500, endpoint=False).reshape(500, 68)
    steps = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    ratio = akd(steps, np.zeros_like(steps)).mean() / akd_mean_abs(steps, np.zeros_like(steps)).mean()
    assert ratio == pytest.approx(np.pi / 2, rel=1e-3)


@pytest.mark.parametrize("function", [akd, akd_mean_abs])
def test_a_missing_face_has_no_value(function):
    for side in (0, 1):
        pair = [POINTS.copy(), POINTS + 1]
        pair[side][3] = np.nan
        assert np.isnan(function(*pair)).tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("function", [akd, akd_mean_abs])
def test_chunks_give_the_same_bits(function):
    generator = np.random.default_rng(1)
    generated, driving = generator.uniform(0, 256, (2, 33, 68, 2))
    whole = function(generated, driving)
    for size in (1, 7, 16):
        parts = [function(generated[i : i + size], driving[i : i + size]) for i in range(0, 33, size)]
        assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("function", [akd, akd_mean_abs])
def test_other_shapes_are_refused(function):
    for other in (POINTS[:4], POINTS[:, :5], POINTS[..., :1]):
        with pytest.raises(ValueError, match="expected rows of one shape"):
            function(other, POINTS)


def test_the_facts():
    for key in ("akd[dlib68]", "akd[dlib68-mean-abs]"):
        metric = METRICS[key]
        assert (metric.better, metric.reference, metric.unit) == ("lower", "driving", "px")
        assert metric.tasks == {"self_reenactment"} and metric.input == ("dlib68", "points")
    assert METRICS["akd[dlib68]"].settings != METRICS["akd[dlib68-mean-abs]"].settings
