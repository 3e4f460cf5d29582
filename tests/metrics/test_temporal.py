"""What numbers of time share, and clips too short or without a face for them."""

import numpy as np
import pytest

from evalkit.metrics import METRICS
from evalkit.metrics.temporal import amount_missed, steps

WINDOWED = [key for key, metric in METRICS.items() if metric.window != 1]
SHAPES = {"points": (478, 2), "blendshapes": (52,), "angles": (3,), "gaze": (4,), "embedding": (8,), "shape": (42, 2)}


def test_too_little_counts_like_too_much():
    assert amount_missed(1.0, 4.0) == amount_missed(4.0, 1.0) == 0.75
    assert amount_missed(0.0, 1.0) == 1 and np.isnan(amount_missed(0.0, 1e-15))


def test_steps_begin_where_there_are_frames_before():
    rows = np.array([[1.0], [2.0], [4.0], [8.0]])
    assert np.array_equal(steps(rows)[:, 0], [np.nan, 1, 2, 4], equal_nan=True)
    assert np.array_equal(steps(rows, 2)[:, 0], [np.nan, np.nan, 1, 2], equal_nan=True)


@pytest.mark.parametrize("key", WINDOWED)
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_short_clips_and_clips_without_a_face_have_a_value_per_frame_or_none(key, frames):
    metric = METRICS[key]
    rows = np.random.default_rng(0).uniform(0.1, 1, (frames, *SHAPES.get(metric.input[1], (1,))))
    assert metric.function(rows, rows).shape == (frames,)
    assert np.isnan(metric.function(np.full_like(rows, np.nan), rows)).all()
