"""FSA-Net head pose: golden outputs of both networks, and the signs of every other pose here."""

import numpy as np
import pytest

from evalkit import weights
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.face_crop import square_crop
from evalkit.extractors.fsanet import MARGIN
from evalkit.extractors.onnx_network import load_onnx
from tests.formula import pictures

ID = "fsanet"
OFFICIAL = [11.256155, -21.19104, 11.78006]
"""Yaw, pitch and roll in degrees by the steps of `src/demo.py` of omasaht/headpose-fsanet-pytorch (002549c9) for the
picture of the test below, cut by the box 0, 0, 63, 63."""


@pytest.fixture
def angles(networks, faces):
    found = EXTRACTORS.get("scrfd_500m").load()(faces, {})
    return EXTRACTORS.get(ID).load()(faces, {"scrfd_500m": found})["angles"]


@pytest.mark.parametrize("name", ["fsanet-1x1", "fsanet-var"])
def test_golden_output(networks, golden, name):
    network = load_onnx(weights.locate(name))
    golden(name, lambda blob: network(blob)[0])


def test_angles_are_those_of_the_official_demo(networks):
    """A box of which our square is the whole picture, so that pixels, their scale and order, and the mean are held."""
    half = 32 / MARGIN
    box = {"scrfd_500m": {"box": np.array([[32 - half, 32 - half, 32 + half, 32 + half]])}}
    found = EXTRACTORS.get(ID).load()(pictures(1, 64, 64, 3, offset=11), box)["angles"][0]
    np.testing.assert_allclose(np.rad2deg(found), OFFICIAL * np.array([1, -1, 1]), atol=1e-4)


def test_pose_follows_mediapipe(angles, faces):
    other = EXTRACTORS.get("mediapipe478").load()(faces, {})["angles"]
    assert np.rad2deg(np.abs(angles - other)).mean() < 5
    assert [np.corrcoef(angles[:, i], other[:, i])[0, 1] > 0.8 for i in range(3)] == [True] * 3


def test_a_mirrored_frame_turns_yaw_and_roll_round(networks, faces, angles):
    mirrored = faces[:, :, ::-1]
    found = EXTRACTORS.get("scrfd_500m").load()(mirrored, {})
    turned = EXTRACTORS.get(ID).load()(mirrored, {"scrfd_500m": found})["angles"]
    np.testing.assert_allclose(turned, angles * [-1, 1, -1], atol=np.deg2rad(8))


def test_no_face_is_nan(networks, faceless):
    nowhere = {"scrfd_500m": {"box": np.full((3, 4), np.nan)}}
    assert np.isnan(EXTRACTORS.get(ID).load()(faceless, nowhere)["angles"]).all()


def test_square_crop_is_the_square_and_black_outside():
    frame = np.arange(1, 37, dtype=np.uint8).reshape(6, 6, 1).repeat(3, axis=2)
    assert np.array_equal(square_crop(frame, np.array([3.0, 3.0]), 4, 4), frame[1:5, 1:5])
    corner = square_crop(frame, np.array([0.0, 6.0]), 4, 4)
    assert np.array_equal(corner[:2, 2:], frame[4:, :2]) and not corner[2:].any() and not corner[:, :2].any()
    assert not square_crop(frame, np.array([-50.0, 3.0]), 4, 4).any()
