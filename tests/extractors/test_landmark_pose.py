"""Head pose: a face model turned by known angles gives back these angles."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.extractors import EXTRACTORS
from evalkit.extractors.face_model68 import face_model_68
from evalkit.extractors.landmark_pose import RIGID, angles, fit_pose
from tests.fakes import in_chunks, same_bits

MESH = "geometry_pipeline_metadata_landmarks.binarypb"
VERTICES = {
    0: 162,
    1: 234,
    2: 93,
    3: 58,
    4: 172,
    5: 136,
    6: 149,
    7: 148,
    8: 152,
    17: 71,
    18: 63,
    19: 105,
    20: 66,
    21: 107,
    27: 168,
    28: 197,
    29: 5,
    30: 4,
    31: 75,
    32: 97,
    33: 2,
    36: 33,
    37: 160,
    38: 158,
    39: 133,
    40: 153,
    41: 144,
    48: 61,
    49: 39,
    50: 37,
    51: 0,
    57: 17,
    58: 84,
    59: 181,
    60: 78,
    61: 82,
    62: 13,
    66: 14,
    67: 87,
}
"""Landmark of the left half of the picture or of the midline -> vertex of MediaPipe's canonical face model."""

turns = st.floats(-1.0, 1.0)


def rotation(yaw, pitch, roll):
    """Rz(roll) Ry(yaw) Rx(pitch), each the right-handed turn about its axis."""
    (cy, cp, cr), (sy, sp, sr) = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def seen(matrix, scale=12.0, shift=(128.0, 120.0)):
    """(1, 68, 2) landmarks of the model face turned by `matrix`, by scaled-orthographic projection."""
    return (scale * (face_model_68() @ matrix.T)[:, :2] + np.array(shift))[None]


def test_the_face_is_mediapipes_canonical_one(networks):
    """Its own file holds the mesh: a tag byte and a float for each of x, y, z, u, v of 468 vertices, after 8 bytes."""
    with zipfile.ZipFile(networks / "face_landmarker.task") as task:
        numbers = np.frombuffer(task.read(MESH), np.uint8)[8:][: 468 * 5 * 5].reshape(468, 5, 5)
    assert (numbers[:, :, 0] == 0x1D).all()
    mesh = np.ascontiguousarray(numbers[:, :3, 1:]).view("<f4")[..., 0] * [1, -1, -1]
    model = face_model_68()
    np.testing.assert_allclose(model[list(VERTICES)], mesh[list(VERTICES.values())], atol=1e-6)
    others = sorted(set(range(68)) - set(VERTICES))
    mirrored = mesh * [-1, 1, 1]
    nearest = np.linalg.norm(model[others, None] - mirrored[None, list(VERTICES.values())], axis=2).min(axis=1)
    assert len(others) == 29 and nearest.max() < 1e-6


@settings(max_examples=80)
@given(turns, turns, turns, st.floats(2, 60), st.floats(-500, 500), st.floats(-500, 500))
def test_known_poses_are_found_exactly(yaw, pitch, roll, scale, x, y):
    matrix = rotation(yaw, pitch, roll)
    found, found_scale, found_shift = fit_pose(seen(matrix, scale, (x, y)))
    assert angles(found)[0] == pytest.approx([yaw, pitch, roll], abs=1e-6)
    assert np.abs(found[0] - matrix).max() < 1e-6 and np.linalg.det(found[0]) == pytest.approx(1)
    assert found_scale[0] == pytest.approx(scale, rel=1e-6)
    assert found_shift[0] == pytest.approx([x, y], abs=1e-5 * scale)


def test_signs_are_what_a_viewer_sees():
    def tip_and_crown(**turn):
        still, moved = (seen(rotation(**({"yaw": 0, "pitch": 0, "roll": 0} | t)))[0] for t in ({}, turn))
        return moved[30] - moved[[36, 45]].mean(axis=0) - (still[30] - still[[36, 45]].mean(axis=0)), moved[27] - moved[
            8
        ]

    assert tip_and_crown(yaw=0.3)[0][0] < -5  # the nose goes to the left of the picture
    assert tip_and_crown(pitch=0.3)[0][1] > 5  # y is down: the nose goes down
    assert tip_and_crown(roll=0.3)[1][0] > 5  # the top of the head leans to the right


def test_the_pose_of_the_demo_corpus_has_the_same_signs():
    from evalkit.datasets.drawn import rotation_matrix

    for turn in ((0.4, 0, 0), (0, 0.3, 0), (0, 0, 0.2), (0.3, -0.2, 0.1)):
        assert angles(rotation_matrix(*turn)[None])[0] == pytest.approx(turn)


def test_expression_does_not_turn_the_head():
    matrix = rotation(0.3, -0.2, 0.1)
    points = seen(matrix)
    others = [i for i in range(68) if i not in RIGID]
    points[0, others] += np.random.default_rng(0).normal(0, 20, (len(others), 2))
    assert angles(fit_pose(points)[0])[0] == pytest.approx([0.3, -0.2, 0.1], abs=1e-6)


def test_it_is_a_least_squares_fit():
    # At the minimum no small change of rotation, scale or shift lowers the squared residual.
    points = seen(rotation(0.2, 0.1, -0.1)) + np.random.default_rng(1).normal(0, 2, (1, 68, 2))
    model, image = face_model_68()[list(RIGID)], points[0, list(RIGID)]

    def error(matrix, scale, shift):
        return np.square(image - scale * (model @ matrix.T)[:, :2] - shift).sum()

    matrix, scale, shift = (array[0] for array in fit_pose(points))
    best = error(matrix, scale, shift)
    for step in (1e-3, -1e-3):
        for turn in np.eye(3):
            assert error(rotation(*(step * turn)) @ matrix, scale, shift) > best
        assert error(matrix, scale * (1 + step), shift) > best
        for aside in 50 * step * np.eye(2):
            assert error(matrix, scale, shift + aside) > best


def test_mirrored_landmarks_mirror_yaw_and_roll():
    points = seen(rotation(0.3, 0.2, -0.1)) + np.random.default_rng(2).normal(0, 1, (1, 68, 2))
    swap = np.empty(68, int)
    model = face_model_68()
    for i, place in enumerate(model * [-1, 1, 1]):
        swap[i] = np.abs(model - place).sum(axis=1).argmin()
    yaw, pitch, roll = angles(fit_pose(points)[0])[0]
    mirrored = angles(fit_pose(points[:, swap] * [-1, 1])[0])[0]
    assert mirrored == pytest.approx([-yaw, pitch, -roll], abs=1e-9)


def clip():
    """(23, 68, 2) landmarks with noise; nobody there in frames 2 and 22."""
    generator = np.random.default_rng(3)
    points = np.concatenate([seen(rotation(*generator.uniform(-0.5, 0.5, 3))) for _ in range(23)])
    points += generator.normal(0, 1, points.shape)
    points[[2, 22]] = np.nan
    return points


@pytest.mark.parametrize("size", [1, 7, 16])
def test_chunks_do_not_matter(size):
    extract, points = EXTRACTORS.get("landmark_pose").load(), clip()
    frames = np.zeros((len(points), 4, 4, 3), np.uint8)
    whole = extract(frames, {"dlib68": {"points": points}})
    assert same_bits(in_chunks(extract, frames, size, {"dlib68": {"points": points}}), whole)
    shapes = {name: array.shape[1:] for name, array in whole.items()}
    assert shapes == {"angles": (3,), "rotation": (3, 3), "scale": (), "shift": (2,)}
    for array in whole.values():
        missing = np.isnan(array.reshape(23, -1))
        assert missing[[2, 22]].all() and not np.delete(missing, [2, 22], axis=0).any()


def test_nobody_at_all():
    extract = EXTRACTORS.get("landmark_pose").load()
    found = extract(np.zeros((2, 4, 4, 3), np.uint8), {"dlib68": {"points": np.full((2, 68, 2), np.nan)}})
    assert all(np.isnan(array).all() and len(array) == 2 for array in found.values())


def test_the_model_face_is_symmetric_and_looks_at_the_camera():
    model = face_model_68()
    assert model.shape == (68, 3) and np.isfinite(model).all()
    mirrored = model * [-1, 1, 1]
    assert all(np.abs(model - place).sum(axis=1).min() == 0 for place in mirrored)
    assert model[30, 2] == model[:, 2].min() and model[8, 1] == model[:, 1].max()
    assert model[36, 0] < model[45, 0] and model[36, 1] < model[48, 1]
    assert len(np.unique(model, axis=0)) == 68
