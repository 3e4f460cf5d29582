"""The truth that comes with the frames, checked with landmarks of dlib and a perspective-n-point fit of our own."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import dlib
import numpy as np
import pytest
from scipy.optimize import least_squares

from evalkit.datasets.drawn import render_clip, rotation_matrix

SIZE = 256
IDENTITIES, FRAMES = range(4), range(0, 32, 5)
# Nose bridge and tip, outer and inner eye corners, mouth corners: numbers of the 68-point scheme and places in cm on an
# average head, x right, y down, z away from the viewer, from the nose tip.
NUMBERS = [27, 30, 36, 39, 42, 45, 48, 54]
PLACES = np.array(
    [
        [0, -3.7, 2.3],
        [0, 0, 0],
        [-4.45, -3.1, 4.4],
        [-1.85, -3.05, 3.8],
        [1.85, -3.05, 3.8],
        [4.45, -3.1, 4.4],
        [-2.45, 3.9, 3.3],
        [2.45, 3.9, 3.3],
    ]
)


@dataclass(frozen=True)
class Seen:
    """Frames in which dlib found a face: whose, the truth, and the landmarks (68, 2)."""

    identity: np.ndarray
    pose: np.ndarray
    place: np.ndarray
    jaw: np.ndarray
    landmarks: np.ndarray
    looked: int


@pytest.fixture(scope="module")
def seen() -> Seen:
    spec = importlib.util.find_spec("face_recognition_models")
    assert spec is not None and spec.origin is not None
    predictor = dlib.shape_predictor(str(Path(spec.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"))
    detector = dlib.get_frontal_face_detector()
    rows = []
    for identity in IDENTITIES:
        clip = render_clip(identity, 0, max(FRAMES) + 1, SIZE)
        jaw = clip.expression[:, clip.expression_names.index("jaw_open")]
        for number in FRAMES:
            for box in detector(clip.frames[number], 0):
                parts = predictor(clip.frames[number], box).parts()
                points = [(point.x, point.y) for point in parts]
                rows.append((identity, clip.pose[number], clip.translation[number], jaw[number], points))
    return Seen(*(np.array(column, dtype=float) for column in zip(*rows, strict=True)), len(IDENTITIES) * len(FRAMES))


@pytest.fixture(scope="module")
def fitted(seen: Seen) -> np.ndarray:
    """Yaw, pitch, roll and translation of the face model under the demo camera, (N, 6)."""

    def fit(points: np.ndarray) -> np.ndarray:
        def miss(guess: np.ndarray) -> np.ndarray:
            place = PLACES @ rotation_matrix(*guess[:3]).T + guess[3:]
            return (3.0 * SIZE * place[:, :2] / place[:, 2:] + np.array([0.5, 0.47]) * SIZE - points[NUMBERS]).ravel()

        return least_squares(miss, [0.0, 0.0, 0.0, 0.0, 3.0, 105.0], x_scale=[0.1, 0.1, 0.1, 1.0, 1.0, 10.0]).x

    return np.array([fit(points) for points in seen.landmarks])


def without_person(values: np.ndarray, identity: np.ndarray) -> np.ndarray:
    """Values less the mean of their person: an average face model is off by a constant per person."""
    return values - np.array([values[identity == person].mean() for person in identity])


@pytest.mark.slow
def test_dlib_finds_one_face_per_frame(seen):
    assert 0.95 * seen.looked <= len(seen.identity) <= seen.looked


@pytest.mark.slow
def test_yaw_and_roll_of_the_landmarks_are_the_stated_ones(seen, fitted):
    for axis, limit in ((0, 6.0), (2, 2.5)):
        assert np.corrcoef(seen.pose[:, axis], fitted[:, axis])[0, 1] > 0.9
        assert np.rad2deg(np.abs(seen.pose[:, axis] - fitted[:, axis])).mean() < limit


def test_pitch_of_the_landmarks_follows_the_stated_one(seen, fitted):
    true, guess = (without_person(values[:, 1], seen.identity) for values in (seen.pose, fitted))
    assert np.corrcoef(true, guess)[0, 1] > 0.6


def test_the_face_is_where_the_translation_says(seen):
    nose = (
        3.0 * SIZE * seen.place[:, 0] / seen.place[:, 2]
        + 0.5 * SIZE
        - 10.0 * np.sin(seen.pose[:, 0]) * 3.0 * SIZE / 116.0
    )
    assert np.abs(nose - seen.landmarks[:, 30, 0]).mean() < 6.0


def test_the_mouth_opens_with_the_jaw(seen):
    points = seen.landmarks
    opening = (points[:, 66, 1] - points[:, 62, 1]) / np.linalg.norm(points[:, 27] - points[:, 33], axis=1)
    assert np.corrcoef(seen.jaw, opening)[0, 1] > 0.8
