"""The truth that comes with the frames, checked with landmarks of dlib and a perspective-n-point fit of our own."""

import importlib.util
from pathlib import Path

import dlib
import numpy as np
import pytest
from scipy.optimize import least_squares

from evalkit.demo import DemoClip, render_clip, rotation_matrix

SIZE = 256
# Nose bridge and tip, outer and inner eye corners, mouth corners: numbers of the 68-point scheme and places in cm on an
# average head, x right, y down, z away from the viewer, from the nose tip.
NUMBERS = [27, 30, 36, 39, 42, 45, 48, 54]
PLACES = np.array(
    [[0, -3.7, 2.3], [0, 0, 0], [-4.45, -3.1, 4.4], [-1.85, -3.05, 3.8], [1.85, -3.05, 3.8], [4.45, -3.1, 4.4]]
    + [[-2.45, 3.9, 3.3], [2.45, 3.9, 3.3]]
)


@pytest.fixture(scope="module")
def predictor() -> dlib.shape_predictor:
    spec = importlib.util.find_spec("face_recognition_models")
    assert spec is not None and spec.origin is not None
    return dlib.shape_predictor(str(Path(spec.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"))


@pytest.fixture(scope="module")
def clips() -> list[DemoClip]:
    return [render_clip(identity, 0, 25, SIZE) for identity in range(4)]


def landmarks(frame: np.ndarray, predictor: dlib.shape_predictor) -> np.ndarray | None:
    boxes = dlib.get_frontal_face_detector()(frame, 0)
    if not boxes:
        return None
    shape = predictor(frame, max(boxes, key=lambda box: box.area()))
    return np.array([(point.x, point.y) for point in shape.parts()], dtype=float)


def perspective_n_point(points: np.ndarray) -> np.ndarray:
    """Yaw, pitch, roll and translation of the face model under the demo camera."""

    def miss(guess: np.ndarray) -> np.ndarray:
        place = PLACES @ rotation_matrix(*guess[:3]).T + guess[3:]
        return (3.0 * SIZE * place[:, :2] / place[:, 2:] + np.array([0.5, 0.47]) * SIZE - points[NUMBERS]).ravel()

    return least_squares(miss, [0.0, 0.0, 0.0, 0.0, 3.0, 105.0], x_scale=[0.1, 0.1, 0.1, 1.0, 1.0, 10.0]).x


def test_a_face_is_found_and_the_landmarks_give_the_stated_pose(clips, predictor):
    found = [(clip, n, landmarks(clip.frames[n], predictor)) for clip in clips for n in range(0, 25, 4)]
    seen = [
        (clip.pose[n], clip.translation[n], perspective_n_point(points))
        for clip, n, points in found
        if points is not None
    ]
    assert len(seen) >= 0.95 * len(found)
    true, place, fitted = (np.array(column) for column in zip(*seen, strict=True))
    yaw_error = np.rad2deg(np.abs(true[:, 0] - fitted[:, 0]))
    assert np.corrcoef(true[:, 0], fitted[:, 0])[0, 1] > 0.9
    assert yaw_error.mean() < 6.0
    assert np.corrcoef(true[:, 2], fitted[:, 2])[0, 1] > 0.8
    assert np.corrcoef(place[:, 0], fitted[:, 3])[0, 1] > 0.5


def test_pitch_turns_the_nose_down(predictor):
    clip = render_clip(5, 0, 32, SIZE)
    high, low = int(clip.pose[:, 1].argmin()), int(clip.pose[:, 1].argmax())
    up, down = landmarks(clip.frames[high], predictor), landmarks(clip.frames[low], predictor)
    assert up is not None and down is not None

    def nose_drop(points: np.ndarray) -> float:
        eyes = points[[36, 39, 42, 45]].mean(axis=0)
        return float((points[30, 1] - eyes[1]) / np.linalg.norm(points[45] - points[36]))

    assert nose_drop(down) > nose_drop(up) + 0.04


def test_the_mouth_opens_with_the_jaw(clips, predictor):
    jaw, opening = [], []
    for clip in clips:
        for number in range(0, 25, 4):
            points = landmarks(clip.frames[number], predictor)
            if points is not None:
                jaw.append(clip.expression[number, clip.expression_names.index("jaw_open")])
                opening.append((points[66, 1] - points[62, 1]) / np.linalg.norm(points[27] - points[33]))
    assert np.corrcoef(jaw, opening)[0, 1] > 0.8
