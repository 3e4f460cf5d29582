"""Damage: known, growing, the same at every call, and none at the first step."""

import numpy as np
import pytest

from evalkit.calibration.degrade import DEGRADATIONS
from tests.fakes import grey, noise

FRAMES = noise(16, 32, seed=1)
OTHER = noise(9, 32, seed=2)


def difference(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


@pytest.mark.parametrize("degradation", DEGRADATIONS, ids=lambda d: d.id)
def test_the_first_step_is_no_damage_and_every_step_keeps_shape_and_type(degradation):
    for step in degradation.steps:
        damaged = degradation.apply(FRAMES, OTHER, step)
        assert damaged.shape == FRAMES.shape and damaged.dtype == np.uint8
        assert np.array_equal(damaged, degradation.apply(FRAMES, OTHER, step))
    assert np.array_equal(degradation.apply(FRAMES, OTHER, degradation.steps[0]), FRAMES)
    assert list(degradation.steps) == sorted(set(degradation.steps))


@pytest.mark.parametrize("kind", ["blur", "noise", "compression", "identity"])
def test_more_of_it_is_further_away(kind):
    degradation = next(d for d in DEGRADATIONS if d.id == kind)
    smooth = np.repeat(np.repeat(FRAMES[:, ::4, ::4], 4, axis=1), 4, axis=2)
    far = [difference(degradation.apply(smooth, OTHER, step), smooth) for step in degradation.steps]
    assert far == sorted(far) and far[-1] > far[1]


def damaged(kind, frames, step):
    return next(d for d in DEGRADATIONS if d.id == kind).apply(frames, OTHER, step)


def test_translation_moves_to_the_right():
    ramp = np.tile(np.arange(0, 64, 2, dtype=np.uint8)[None, None, :, None], (1, 32, 1, 3))
    moved = damaged("translation", ramp, 4)
    assert np.array_equal(moved[:, :, 4:], ramp[:, :, :-4]) and (moved[:, :, :4] == ramp[:, :, :1]).all()


def test_roll_turns_about_the_middle():
    point = np.zeros((1, 33, 33, 3), np.uint8)
    point[0, 16, 26] = 255
    turned = damaged("roll", point, 90)
    assert np.unravel_index(turned[0, ..., 0].argmax(), (33, 33)) == (6, 16)


def test_identity_spreads_other_frames_evenly():
    levels, other = grey(range(100, 116), 32), grey([1] * 3, 32)
    swap = next(d for d in DEGRADATIONS if d.id == "identity").apply(levels, other, 0.25)
    assert (np.flatnonzero(swap[:, 0, 0, 0] == 1) + 1).tolist() == [4, 8, 12, 16]


def test_shuffle_and_freeze_keep_real_frames_in_wrong_places():
    levels = grey(range(10, 17), 32)
    assert damaged("shuffle", levels, 3)[:, 0, 0, 0].tolist() == [12, 11, 10, 15, 14, 13, 16]
    assert damaged("freeze", levels, 3)[:, 0, 0, 0].tolist() == [10, 10, 10, 13, 13, 13, 16]
