"""The trace of two conversions to RGB is told from a method's own errors."""

import numpy as np
import pytest

from evalkit.scoring.level_shift import level_shift, shift_note
from tests.fakes import noise


def moved(frames, levels, spread=0.0):
    rng = np.random.default_rng(0)
    gap = np.asarray(levels) + rng.normal(0, spread, frames.shape)
    return np.clip(frames.astype(float) + gap, 0, 255).round().astype(np.uint8)


@pytest.fixture
def frames():
    return np.clip(noise(4, 64), 20, 230)


@pytest.mark.parametrize("levels", [(-1, -1, -1), (-1, -2, -1), (2, 2, 2), (0, -1, 0)])
@pytest.mark.parametrize("spread", [0.0, 3.0])
def test_a_level_or_two_everywhere(frames, levels, spread):
    found = level_shift(moved(frames, levels, spread), frames)
    assert found is not None and np.allclose(found, levels, atol=0.3)


def test_a_method_that_errs_where_things_move_still_shows_it(frames):
    made = moved(frames, (-1, -1, -1))
    made[:, 16:48, 16:44] = noise(4, 32, 28, seed=3)
    assert np.allclose(level_shift(made, frames), -1, atol=0.1)


@pytest.mark.parametrize("levels", [(0, 0, 0), (-9, -9, -9), (0.2, 0, -0.2)])
def test_no_shift_and_what_is_too_large_for_one(frames, levels):
    assert level_shift(moved(frames, levels, 2.0), frames) is None


def test_errors_of_a_method_alone_are_none(frames):
    rng = np.random.default_rng(1)
    patches = np.kron(rng.normal(0, 6, (4, 8, 8, 3)), np.ones((1, 8, 8, 1)))
    made = np.clip(frames + patches, 0, 255).astype(np.uint8)
    assert level_shift(made, frames) is None


def test_sizes_that_are_no_multiple_of_the_blocks():
    frames = np.clip(noise(3, 37, 21), 20, 230)
    assert np.allclose(level_shift(moved(frames, (-1, -1, -1)), frames), -1)
    assert level_shift(frames[:, :30], frames) is None


def test_the_note_names_the_rule_that_fits(frames):
    dark = moved(frames, (-1, -1, -1))

    def clips(accurate, swscale):
        return lambda rgb: accurate if rgb == "accurate" else swscale

    note = shift_note(clips((dark, frames), (dark, dark)), "accurate")
    assert "darker than the driving frames" in note and "(levels of RGB: -1.0, -1.0, -1.0)" in note
    assert note.endswith("; with --rgb swscale that is gone")
    note = shift_note(clips((frames, frames), (frames, dark)), "swscale")
    assert "brighter" in note and note.endswith("; with --rgb accurate that is gone")
    neither = shift_note(clips((dark, frames), (dark, frames)), "accurate")
    assert neither.endswith("(levels of RGB: -1.0, -1.0, -1.0)")
    assert shift_note(clips((frames, frames), (frames, dark)), "accurate") is None
