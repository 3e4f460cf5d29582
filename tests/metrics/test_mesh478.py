"""Places among MediaPipe's 478 landmarks, and distances that do not depend on the size of a face."""

import numpy as np
import pytest

from evalkit.metrics import mesh478
from evalkit.metrics.mesh478 import LEFT_EYE_OUTER, LIPS, RIGHT_EYE_OUTER, brow_heights, lip_distances, mouth_opening
from tests.metrics.faces478 import faces


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("LIPS", "LIPS"),
        ("RIGHT_BROW", "RIGHT_EYEBROW"),
        ("LEFT_BROW", "LEFT_EYEBROW"),
        ("RIGHT_EYE", "RIGHT_EYE"),
        ("LEFT_EYE", "LEFT_EYE"),
    ],
)
def test_parts_are_those_of_mediapipe(ours, theirs):
    landmarker = pytest.importorskip("mediapipe.tasks.python.vision.face_landmarker")
    lines = getattr(landmarker.FaceLandmarksConnections, f"FACE_LANDMARKS_{theirs}")
    found = getattr(mesh478, ours)
    assert len(set(found)) == len(found)
    assert set(found) == {end for line in lines for end in (line.start, line.end)}


def test_the_mouth_opens_by_a_share_of_the_eyes_distance():
    assert mouth_opening(faces((0, 0.1, 0.25), eye_distance=80)) == pytest.approx([0, 0.1, 0.25])


def test_distances_of_lips_are_in_distances_of_the_eyes():
    """The n-th lip landmark at (3n, 4n): two of them are 5 times as far apart as their numbers, over 50."""
    points = np.zeros((1, 478, 2))
    points[0, list(LIPS)] = np.arange(40)[:, None] * [3, 4]
    points[0, RIGHT_EYE_OUTER], points[0, LEFT_EYE_OUTER] = (0, 7), (50, 7)
    one, other = np.triu_indices(40, 1)
    assert lip_distances(points)[0] == pytest.approx((other - one) * 5 / 50)
    assert lip_distances(points * 3 + 11) == pytest.approx(lip_distances(points))


def test_heights_of_brows_are_in_distances_of_the_eyes():
    points = np.zeros((1, 478, 2))
    for eye, brow, x, height in (("RIGHT_EYE", "RIGHT_BROW", 10, 6), ("LEFT_EYE", "LEFT_BROW", 50, 10)):
        points[0, list(getattr(mesh478, eye))] = x, 100
        points[0, list(getattr(mesh478, brow))] = x, 100 - height
    assert brow_heights(points)[0] == pytest.approx([6 / 40, 10 / 40])
