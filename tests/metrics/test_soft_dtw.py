"""Alignment in time: frame by frame is the special case, late is forgiven, wrong is not."""

import itertools

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.aed import aed
from evalkit.metrics.soft_dtw import RADIUS, aligned, alignment

WAVE = np.sin(np.arange(40) / 3)[:, None]


def paths(frames):
    """All monotone paths through a square table, as lists of cells."""
    found = []
    for count in range(frames, 2 * frames):
        for moves in itertools.product(((1, 1), (1, 0), (0, 1)), repeat=count - 1):
            cells = [(0, 0)]
            for down, right in moves:
                cells.append((cells[-1][0] + down, cells[-1][1] + right))
            if cells[-1] == (frames - 1, frames - 1) and max(map(max, cells)) < frames:
                found.append(cells)
    return found


def test_shares_are_those_of_all_paths_by_weight():
    table, gamma, frames = np.random.default_rng(0).uniform(0, 1, (3, 3)), 0.3, 3
    band = np.full((frames, 5), np.inf)
    for row, column in itertools.product(range(frames), repeat=2):
        band[row, column - row + 2] = table[row, column]
    weights = [np.exp(-sum(table[cell] for cell in path) / gamma) for path in paths(frames)]
    expected = np.zeros((frames, frames))
    for path, weight in zip(paths(frames), weights, strict=True):
        for cell in path:
            expected[cell] += weight / sum(weights)
    found = alignment(band, gamma)
    assert len(weights) == 13  # Delannoy's number
    for row, column in itertools.product(range(frames), repeat=2):
        assert found[row, column - row + 2] == pytest.approx(expected[row, column])


def test_without_a_radius_it_is_the_distance_frame_by_frame():
    other = WAVE + np.random.default_rng(0).normal(0, 0.1, WAVE.shape)
    assert aligned(other, WAVE, aed, gamma=0.01, radius=0) == pytest.approx(aed(other, WAVE))


def test_what_is_late_costs_little_what_is_too_late_or_wrong_does_not():
    def value(late):
        return aligned(WAVE[10 - late : 30 - late], WAVE[10:30], aed, gamma=0.002).mean()

    assert value(0) < 0.005
    assert value(3) < 0.3 * aed(WAVE[7:27], WAVE[10:30]).mean()
    assert value(0) < value(3) < value(RADIUS + 4)
    assert aligned(-WAVE, WAVE, aed, gamma=0.002).mean() > 0.5


def test_a_frozen_clip_does_not_win():
    frozen = np.repeat(WAVE[:1], 40, axis=0)
    late = np.concatenate([WAVE[:3], WAVE[:-3]])
    assert aligned(frozen, WAVE, aed, gamma=0.002).mean() > 2 * aligned(late, WAVE, aed, gamma=0.002).mean()


def test_frames_without_a_face_are_left_out():
    generated = WAVE.copy()
    generated[5] = np.nan
    values = aligned(generated, WAVE, aed, gamma=0.002)
    assert np.flatnonzero(np.isnan(values)).tolist() == [5] and np.nanmax(values) < 0.02
    assert np.isnan(aligned(np.full_like(WAVE, np.nan), WAVE, aed, gamma=0.002)).all()


@pytest.mark.parametrize("key", [key for key in METRICS if key.endswith("-dtw]")])
def test_a_variant_says_what_it_is_aligned_from(key):
    metric, plain = METRICS[key], METRICS[key.replace("-dtw", "")]
    assert metric.input == plain.input and metric.settings.startswith(f"{plain.settings}|soft-dtw radius 5 gamma")
