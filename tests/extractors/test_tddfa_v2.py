"""3DDFA_V2: golden outputs, landmarks and pose against independent networks, and the geometry in closed form."""

import numpy as np
import pytest
import torch

from evalkit import weights
from evalkit.extractors import EXTRACTORS
from evalkit.extractors import tddfa_network as model
from evalkit.extractors.torch_network import load_state

ID = "tddfa_v2"


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
