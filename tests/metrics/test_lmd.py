"""LMD: distance of mouth landmarks after centring each side's mouth."""

import numpy as np
import pytest

from evalkit.metrics import METRICS, find_metric
from evalkit.metrics.lmd import lmd

POINTS = np.random.default_rng(0).uniform(0, 256, (5, 68, 2))
MOUTH = slice(48, 68)


def test_one_mouth_landmark_of_20():
    # It moves by d = |(6, 8)| = 10 and the mouth's mean by d/20, so it is off by 19d/20 and the other 19 by d/20 each:
    # (19d/20 + 19 d/20) / 20 = 19d/200 = 0.95.
    moved = POINTS.copy()
    moved[2, 48] += [6, 8]
    moved[4, 67] += [6, -8]
    assert lmd(moved, POINTS) == pytest.approx([0, 0, 0.95, 0, 0.95])


def test_a_mouth_that_opens():
    # Ten points go up and ten down by h: the mean stays, every point is off by h.
    moved = POINTS.copy()
    moved[:, 48:58, 1] -= 3
    moved[:, 58:68, 1] += 3
    assert lmd(moved, POINTS) == pytest.approx(3)


def test_scale_counts():
    # Twice the size: c + 2 (p - c) is off by p - c, so the value is the mean distance from the centre.
    mouth = POINTS[:, MOUTH]
    centre = mouth.mean(axis=1, keepdims=True)
    moved = POINTS.copy()
    moved[:, MOUTH] = centre + 2 * (mouth - centre)
    assert lmd(moved, POINTS) == pytest.approx(np.linalg.norm(mouth - centre, axis=2).mean(axis=1))


def test_half_a_turn_counts():
    # On a circle of radius r about its own mean, half a turn puts every point at distance 2r.
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    points = np.zeros((1, 68, 2))
    points[0, MOUTH] = 7 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert lmd(-points, points) == pytest.approx([14])


def test_against_the_definition_in_loops():
    # Chen et al.: centre both sides, then 1/P times the sum of the distances; sides are centred apart here.
    generated = np.random.default_rng(1).uniform(0, 256, POINTS.shape)
    expected = []
    for g, d in zip(generated, POINTS, strict=True):
        g, d = g[MOUTH] - g[MOUTH].mean(axis=0), d[MOUTH] - d[MOUTH].mean(axis=0)
        expected.append(sum(np.hypot(*(a - b)) for a, b in zip(g, d, strict=True)) / 20)
    assert lmd(generated, POINTS) == pytest.approx(expected)


def test_head_shifts_do_not_count():
    # Another shift in every frame: the centres take it out.
    shifts = np.random.default_rng(2).uniform(-40, 40, (5, 1, 2))
    assert lmd(POINTS + shifts, POINTS) == pytest.approx(0, abs=1e-12)


def test_only_the_mouth_counts():
    moved = POINTS.copy()
    moved[:, :48] += np.random.default_rng(3).normal(0, 20, (5, 48, 2))
    assert lmd(moved, POINTS).tolist() == [0.0] * 5


def test_worse_landmarks_are_worse():
    noise = np.random.default_rng(4).normal(0, 1, POINTS.shape)
    values = [lmd(POINTS + size * noise, POINTS).mean() for size in (0, 0.5, 2, 8)]
    assert values[0] == 0 and values == sorted(values) and len(set(values)) == 4


@pytest.mark.parametrize("side", [0, 1])
def test_a_missing_face_has_no_value(side):
    pair = [POINTS.copy(), POINTS + 1]
    pair[side][3] = np.nan
    assert np.isnan(lmd(*pair)).tolist() == [False, False, False, True, False]


def test_chunks_give_the_same_bits():
    generated, driving = np.random.default_rng(5).uniform(0, 256, (2, 33, 68, 2))
    whole = lmd(generated, driving)
    for size in (1, 7, 16):
        parts = [lmd(generated[i : i + size], driving[i : i + size]) for i in range(0, 33, size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_other_shapes_are_refused():
    for other in (POINTS[:4], POINTS[:, :5], POINTS[..., :1]):
        with pytest.raises(ValueError, match="expected rows of one shape"):
            lmd(other, POINTS)


def test_the_facts():
    metric = METRICS["lmd[dlib68]"]
    assert find_metric("lmd") is metric and metric.tasks == {"self_reenactment"}
    assert (metric.better, metric.reference, metric.unit) == ("lower", "driving", "px")
    assert metric.input == ("dlib68", "points")
