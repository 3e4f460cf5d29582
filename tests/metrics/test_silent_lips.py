"""Silent lips: only while the driver is silent."""

import numpy as np
import pytest

from evalkit.metrics.silent_lips import silent_lips
from tests.metrics.faces478 import faces

DRIVING = np.concatenate([np.full(12, 0.01), 0.1 + 0.05 * np.sin(np.arange(12))])


def test_frames_next_to_speech_have_no_value():
    values = silent_lips(faces(DRIVING), faces(DRIVING))
    assert np.flatnonzero(np.isfinite(values)).tolist() == list(range(9)) and np.nanmax(values) == 0


def test_the_value_is_the_deviation_from_the_usual_opening():
    generated = np.full(24, 0.02)
    generated[4] = 0.06
    values = silent_lips(faces(generated), faces(DRIVING))
    assert values[4] == pytest.approx(0.04) and values[:4] == pytest.approx(0)


def test_lips_that_move_more_are_worse():
    tremble = np.random.default_rng(0).normal(0, 1, 24)
    values = [np.nanmean(silent_lips(faces(0.05 + s * tremble), faces(DRIVING))) for s in (0, 0.005, 0.01, 0.02)]
    assert values == sorted(values) and len(set(values)) == 4


def test_a_driver_who_never_is_silent_has_no_value():
    assert np.isnan(silent_lips(faces(DRIVING[12:]), faces(DRIVING[12:]))).all()
