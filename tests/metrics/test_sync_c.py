"""Sync-C: median minus minimum of the distances at 31 shifts."""

import numpy as np
import pytest

from evalkit.metrics.sync import FEWEST, SHIFTS, distances
from evalkit.metrics.sync_c import sync_c


def rows(count, seed=0):
    """`count` rows of windows, and the five at the end where none begins."""
    return np.concatenate([np.random.default_rng(seed).normal(size=(count, 8)), np.zeros((5, 8))])


def test_distances_by_hand():
    lips, sound = rows(40), rows(40, 1)
    found = distances(lips, sound)
    assert found.shape == (31,)
    for shift in (-15, 0, 7):
        other = np.array([sound[t + shift] if 0 <= t + shift < 40 else np.zeros(8) for t in range(40)])
        assert found[shift + SHIFTS] == pytest.approx(np.linalg.norm(lips[:40] - other + 1e-6, axis=1).mean())


def test_the_value_is_the_median_less_the_least_and_the_same_for_all_frames():
    lips, sound = rows(40), rows(40, 1)
    found = np.sort(distances(lips, sound))
    values = sync_c(lips, sound)
    assert values.shape == (45,) and np.allclose(values, found[15] - found[0])


def test_lips_that_follow_the_sound_are_sure_of_it_and_a_shift_of_up_to_15_frames_is_found():
    sound = rows(120, 1)
    for shift in (0, 4, -15):
        moved = np.roll(sound[:120], -shift, axis=0)
        lips = np.concatenate([moved, np.zeros((5, 8))])
        assert distances(lips, sound).argmin() == SHIFTS + shift
        assert sync_c(lips, sound)[0] > 10 * sync_c(rows(120, 2), sound)[0]


def test_too_short_a_clip_has_no_value():
    assert np.isnan(sync_c(rows(FEWEST - 1), rows(FEWEST - 1, 1))).all()
    assert np.isfinite(sync_c(rows(FEWEST), rows(FEWEST, 1))).all()
    short = rows(40, 1)
    short[20:] = 0  # sound that ends before the picture
    assert np.isnan(sync_c(rows(40), short)).all()


def test_without_sound_or_without_any_face_there_is_no_value():
    nothing = np.full((45, 8), np.nan)
    assert np.isnan(sync_c(rows(40), nothing)).all() and np.isnan(sync_c(nothing, rows(40))).all()


def test_frames_without_a_face_are_left_out():
    lips, sound = rows(40), rows(40, 1)
    lost = lips.copy()
    lost[10:15] = np.nan
    kept = [t for t in range(40) if not 10 <= t < 15]
    at_zero = np.linalg.norm(lips[kept] - sound[kept] + 1e-6, axis=1).mean()
    assert distances(lost, sound)[SHIFTS] == pytest.approx(at_zero)
