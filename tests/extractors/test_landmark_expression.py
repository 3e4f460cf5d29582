"""Pose-normalised landmarks: turning the head changes nothing, moving the mouth changes just that."""

import numpy as np
import pytest

from evalkit.extractors import EXTRACTORS
from evalkit.extractors.face_model68 import face_model_68
from evalkit.extractors.landmark_expression import EXPRESSIVE, frontalise
from evalkit.extractors.landmark_pose import fit_pose
from tests.fakes import in_chunks, same_bits

UNIT = np.linalg.norm(face_model_68()[36] - face_model_68()[45])
"""Distance of the outer eye corners of the model face, the unit of the feature."""


def rotations(count, seed=0):
    """Proper rotations of at most about 40 degrees."""
    generator = np.random.default_rng(seed)
    matrices = []
    for vector in generator.uniform(-0.4, 0.4, (count, 3)):
        cross = np.array([[0, -vector[2], vector[1]], [vector[2], 0, -vector[0]], [-vector[1], vector[0], 0]])
        # The Cayley transform of a skew-symmetric matrix is a rotation.
        matrices.append(np.linalg.solve(np.eye(3) + cross / 2, np.eye(3) - cross / 2))
    return np.array(matrices)


def seen(heads, matrices, scale=11.0, shift=(90.0, 140.0)):
    """(T, 68, 2): heads (T, 68, 3) turned and projected."""
    return scale * np.einsum("tij,tnj->tni", matrices, heads)[..., :2] + np.array(shift)


def shapes(points):
    return frontalise(points, *fit_pose(points))


def test_the_model_face_looks_frontal_from_every_side():
    heads = np.repeat(face_model_68()[None], 20, axis=0)
    frontal = face_model_68()[list(EXPRESSIVE), :2] / UNIT
    # In the frontal view the model is seen from its own origin.
    assert np.abs(shapes(seen(heads, rotations(20))) - frontal).max() < 1e-6


def test_size_and_place_do_not_matter():
    heads = np.repeat(face_model_68()[None], 3, axis=0)
    matrices = rotations(3)
    one, other = shapes(seen(heads, matrices)), shapes(seen(heads, matrices, 44.0, (-300.0, 7.0)))
    assert np.abs(one - other).max() < 1e-9


def test_a_mouth_that_opens_is_measured_from_every_side():
    # The lower lip moves by 2 cm in the plane of the model's face; the feature moves by 2 / UNIT, nothing else does.
    heads = np.repeat(face_model_68()[None], 20, axis=0)
    still = shapes(seen(heads, rotations(20)))
    heads[:, 55:60, 1] += 2.0
    moved = shapes(seen(heads, rotations(20))) - still
    lip = [EXPRESSIVE.index(i) for i in range(55, 60)]
    assert moved[:, lip, 1] == pytest.approx(2.0 / UNIT, abs=1e-6)
    assert np.abs(moved[:, lip, 0]).max() < 1e-6 and np.abs(np.delete(moved, lip, axis=1)).max() < 1e-6


def test_brows_eyes_and_mouth_are_what_counts():
    assert len(EXPRESSIVE) == 42 and set(EXPRESSIVE) == {*range(17, 27), *range(36, 68)}


@pytest.mark.parametrize("size", [1, 7, 16])
def test_chunks_do_not_matter_and_missing_faces_stay_missing(size):
    heads = np.repeat(face_model_68()[None], 19, axis=0)
    points = seen(heads, rotations(19)) + np.random.default_rng(1).normal(0, 1, (19, 68, 2))
    points[[0, 7]] = np.nan
    frames = np.zeros((19, 4, 4, 3), np.uint8)
    pose = EXTRACTORS.get("landmark_pose").load()(frames, {"dlib68": {"points": points}})
    upstream = {"dlib68": {"points": points}, "landmark_pose": pose}
    extract = EXTRACTORS.get("landmark_expression").load()
    whole = extract(frames, upstream)
    assert whole["shape"].shape == (19, 42, 2)
    missing = np.isnan(whole["shape"].reshape(19, -1))
    assert missing[[0, 7]].all() and not np.delete(missing, [0, 7], axis=0).any()
    assert same_bits(in_chunks(extract, frames, size, upstream), whole)


def test_nobody_at_all():
    points = np.full((2, 68, 2), np.nan)
    frames = np.zeros((2, 4, 4, 3), np.uint8)
    pose = EXTRACTORS.get("landmark_pose").load()(frames, {"dlib68": {"points": points}})
    found = EXTRACTORS.get("landmark_expression").load()(frames, {"dlib68": {"points": points}, "landmark_pose": pose})
    assert np.isnan(found["shape"]).all()
