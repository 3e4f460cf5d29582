"""Frames of any size reach the detector at a size that it likes, and landmarks come back to where they are."""

import numpy as np
import pytest

from evalkit.extractors.any_size import locate_points


def brightest(frames):
    """A detector whose 68 landmarks all lie at the middle of the bright square."""
    found = []
    for frame in frames:
        rows, columns = np.nonzero(frame[:, :, 0] > 127)
        found.append(np.full((68, 2), (columns.mean(), rows.mean()) if len(rows) else np.nan))
    return {"points": np.stack(found)}


@pytest.mark.parametrize(("size", "seen"), [(40, 200), (128, 256), (200, 200), (512, 512), (513, 256), (1040, 346)])
def test_landmarks_are_where_the_face_is(size, seen):
    frame = np.zeros((size, size, 3), np.uint8)
    first, last = size // 4, size // 2
    frame[first:last, first + 3 : last + 3] = 255
    sizes = []

    def locate(frames):
        sizes.append(frames.shape[1])
        return brightest(frames)

    points = locate_points(frame[None], locate)
    middle = (first + last - 1) / 2
    assert points.shape == (1, 68, 2) and sizes == [seen]
    assert np.abs(points[0] - (middle + 3, middle)).max() < 1


def test_no_face_is_nan():
    assert np.isnan(locate_points(np.zeros((2, 64, 64, 3), np.uint8), brightest)).all()
