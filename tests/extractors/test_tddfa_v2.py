"""3DDFA_V2: golden outputs, landmarks and pose against independent networks, and the geometry in closed form."""

import numpy as np
import pytest
import torch

from evalkit import weights
from evalkit.extractors import EXTRACTORS
from evalkit.extractors import tddfa_network as model
from evalkit.extractors.torch_network import load_state

ID = "tddfa_v2"
OFFICIAL = [
    (
        [71.3, 44.8, 190.6, 201.2],
        [-3.4639, 5.6015, -0.1956],
        [-4.9739, -2.0594, 0.2028, 0.451],
        [[64.404, 121.242], [134.291, 155.522], [125.442, 204.62]],
    ),
    (
        [60.25, 50.5, 181.75, 214.0],
        [-9.1402, 1.9237, 6.4503],
        [-0.3683, -0.1583, -0.0309, -0.1401],
        [[60.971, 108.587], [143.617, 126.795], [136.9, 157.942]],
    ),
    (
        [-20.4, 30.6, 120.3, 190.9],
        [1.6127, 2.749, -3.2062],
        [-0.6779, 1.2637, -0.2561, 0.1276],
        [[56.116, 103.923], [110.709, 132.615], [102.826, 158.382]],
    ),
    (
        [86.5, 68.3, 180.2, 188.9],
        [12.72, 10.8276, -1.7647],
        [-0.6946, -0.799, -0.034, -0.0752],
        [[90.131, 108.189], [118.285, 138.393], [116.781, 158.65]],
    ),
]
"""Of a face box: yaw, pitch and roll in degrees, four numbers of expression, points 0, 30 and 67.

From the code of cleardusk/3DDFA_V2 (1b6c6760) for the first four of the fixture `portraits`: crop and scaling as in
`TDDFA.py`, `mobilenet` of half width with the released weights, `similar_transform` for the points, `calc_pose` for the
angles. The edges of the second box's square end in .5, and rounded they lie 226 pixels apart, not 225.
"""


@pytest.fixture
def network(networks):
    loaded = model.ParameterRegressor()
    load_state(loaded, weights.locate("tddfa-v2-mb05"), entry="state_dict", prefix="module.")
    return loaded


@pytest.fixture
def bases(networks):
    with np.load(weights.locate("tddfa-v2-bases"), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


@pytest.fixture
def features(networks, faces):
    found = EXTRACTORS.get("scrfd_500m").load()(faces, {})
    return EXTRACTORS.get(ID).load()(faces, {"scrfd_500m": found})


def test_golden_numbers(network, golden):
    def run(blob):
        with torch.inference_mode():
            return network(torch.from_numpy(blob)).numpy()

    golden("tddfa-v2-mb05", run)


def test_golden_points(network, bases, golden):
    golden("tddfa-v2-mb05 + bases", lambda blob: model.landmarks(model.regress(network, blob, bases), bases)[0].T)


def test_numbers_are_those_of_the_official_code(networks, portraits):
    boxes, angles, expression, points = (np.array(part) for part in zip(*OFFICIAL, strict=True))
    found = EXTRACTORS.get(ID).load()(portraits[:4], {"scrfd_500m": {"box": boxes}})
    np.testing.assert_allclose(np.rad2deg(found["angles"]), angles * [1, 1, -1], atol=1e-3)
    np.testing.assert_allclose(found["expression"][:, :4], expression, atol=1e-3)
    np.testing.assert_allclose(found["points"][:, [0, 30, 67]], points, atol=2e-3)


def test_landmarks_agree_with_dlib(features, faces):
    # 0.04 to 0.09 of the distance between the outer eye corners on these frames.
    other = EXTRACTORS.get("dlib68").load()(faces, {})["points"]
    eyes = np.linalg.norm(other[:, 36] - other[:, 45], axis=1)
    assert (np.linalg.norm(features["points"] - other, axis=2).mean(axis=1) < 0.1 * eyes).all()


def test_pose_follows_mediapipe(features, faces):
    other = EXTRACTORS.get("mediapipe478").load()(faces, {})["angles"]
    difference = np.rad2deg(np.abs(features["angles"] - other))
    assert difference.mean() < 4 and difference.max() < 10


def test_a_mirrored_frame_turns_yaw_and_roll_round(networks, faces, features):
    mirrored = faces[:, :, ::-1]
    found = EXTRACTORS.get("scrfd_500m").load()(mirrored, {})
    angles = EXTRACTORS.get(ID).load()(mirrored, {"scrfd_500m": found})["angles"]
    np.testing.assert_allclose(angles, features["angles"] * [-1, 1, -1], atol=np.deg2rad(8))


def test_rotation_of_a_scaled_rotation_is_itself():
    turn = np.deg2rad(30)
    rotation = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    np.testing.assert_allclose(model.rotation(3e-4 * rotation[None])[0], rotation, atol=1e-12)


def test_landmarks_of_the_mean_face_are_its_base(bases):
    # Identity camera, no shape, no expression: the 68 points of u_base.
    parameters = np.zeros((1, model.PARAMETERS))
    parameters[0, [0, 5, 10]] = 1
    np.testing.assert_allclose(model.landmarks(parameters, bases)[0].ravel(), bases["u_base"][:, 0])


def test_no_face_is_nan(networks, faceless):
    nowhere = {"scrfd_500m": {"box": np.full((3, 4), np.nan)}}
    features = EXTRACTORS.get(ID).load()(faceless, nowhere)
    assert {name: array.shape for name, array in features.items()} == {
        "angles": (3, 3),
        "expression": (3, 10),
        "points": (3, 68, 2),
    }
    assert all(np.isnan(array).all() for array in features.values())


def test_a_box_that_leaves_the_frame_is_no_error(networks, faces):
    outside = {"scrfd_500m": {"box": np.array([[-80.0, -60, 90, 100], [200, 190, 420, 470]])}}
    features = EXTRACTORS.get(ID).load()(faces[:2], outside)
    assert np.isfinite(features["angles"]).all()


def test_rows_do_not_depend_on_the_batch(networks, faces, features):
    detect, extract = EXTRACTORS.get("scrfd_500m").load(), EXTRACTORS.get(ID).load()
    singly = [extract(frame[None], {"scrfd_500m": detect(frame[None], {})}) for frame in faces]
    assert all(np.array_equal(np.concatenate([one[name] for one in singly]), features[name]) for name in features)
