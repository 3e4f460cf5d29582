"""MTCNN: the networks' golden outputs, five points on real faces, and the rules for none and for several."""

import numpy as np
import pytest
import torch

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.mtcnn_networks import OutputNet, ProposalNet, RefinementNet
from evalkit.extractors.torch_network import load_state

ID = "mtcnn5"
OFFICIAL = {
    "first": (
        [53.087, 0.767, 190.894, 176.161],
        [96.49, 77.044, 160.825, 77.746, 127.219, 107.478, 99.42, 138.514, 152.436, 139.559],
        0.99998,
    ),
    "crowd": (
        [306.943, -1.47, 452.576, 180.338],
        [346.55, 75.525, 413.231, 71.737, 378.235, 108.4, 354.744, 140.067, 409.483, 137.636],
        0.99995,
    ),
    "small": (
        [34.038, 26.235, 88.933, 103.755],
        [49.391, 56.27, 75.629, 57.32, 63.614, 72.938, 52.489, 86.865, 71.976, 87.434],
        0.99902,
    ),
    "odd": (
        [39.199, 32.55, 149.015, 177.059],
        [63.99, 92.145, 116.135, 89.579, 88.224, 122.277, 68.047, 138.29, 120.028, 135.343],
        0.99989,
    ),
}
"""Box, points and score of the largest face by `MTCNN().detect(picture, landmarks=True)` of facenet-pytorch 2.6.0."""


@pytest.mark.parametrize(
    ("name", "network"), [("mtcnn-pnet", ProposalNet), ("mtcnn-rnet", RefinementNet), ("mtcnn-onet", OutputNet)]
)
def test_golden_output(networks, golden, name, network):
    loaded = network()
    load_state(loaded, weights.locate(name))

    def run(blob):
        with torch.inference_mode():
            return np.concatenate([part.numpy().ravel() for part in loaded(torch.from_numpy(blob))])

    golden(name, run)


@pytest.mark.parametrize("picture", OFFICIAL)
def test_detections_are_those_of_facenet_pytorch(networks, faces, picture):
    crowd = np.concatenate([np.concatenate(faces[:3], axis=1), np.concatenate(faces[4:7], axis=1)])
    pictures = {"first": faces[0], "crowd": crowd, "small": faces[2][::2, ::2], "odd": faces[5][10:243, 30:220]}
    features = EXTRACTORS.get(ID).load()(pictures[picture][None], {})
    box, points, score = OFFICIAL[picture]
    np.testing.assert_allclose(features["box"][0], box, atol=2e-3)
    np.testing.assert_allclose(features["points"][0].ravel(), points, atol=2e-3)
    assert features["score"][0] == pytest.approx(score, abs=1e-5)
    assert features["faces"][0] == (6 if picture == "crowd" else 1)


def test_points_agree_with_scrfd(networks, faces):
    # 0.01 to 0.08 of the eye distance on these frames.
    ours, other = EXTRACTORS.get(ID).load()(faces, {}), EXTRACTORS.get("scrfd_500m").load()(faces, {})["points"]
    eyes = np.linalg.norm(other[:, 0] - other[:, 1], axis=1)
    assert ours["faces"].tolist() == [1] * len(faces) and (ours["score"] > 0.99).all()
    assert (np.linalg.norm(ours["points"] - other, axis=2).mean(axis=1) < 0.1 * eyes).all()


def test_points_move_with_the_frame(networks, faces):
    extract = EXTRACTORS.get(ID).load()
    shifted = np.pad(faces[:4], ((0, 0), (24, 0), (12, 0), (0, 0)))
    np.testing.assert_allclose(extract(shifted, {})["points"], extract(faces[:4], {})["points"] + [12, 24], atol=4)


def test_no_face_is_nan_and_a_count_of_zero(networks, faceless):
    features = EXTRACTORS.get(ID).load()(faceless, {})
    assert features["faces"].tolist() == [0, 0, 0]
    assert all(np.isnan(features[name]).all() for name in ("box", "points", "score"))


def test_the_largest_of_several_faces_is_taken(networks, faces):
    picture = np.zeros((256, 512, 3), np.uint8)
    picture[64:192, 64:192] = faces[2][::2, ::2]
    picture[:, 256:] = faces[0]
    features = EXTRACTORS.get(ID).load()(picture[None], {})
    assert features["faces"][0] == 2 and features["box"][0, 0] > 230


@pytest.mark.parametrize("size", [(8, 8), (16, 300), (1, 1)])
def test_frames_smaller_than_any_face_have_none(networks, size):
    assert EXTRACTORS.get(ID).load()(np.full((1, *size, 3), 90, np.uint8), {})["faces"].tolist() == [0]


def test_rows_do_not_depend_on_the_batch(networks, faces):
    extract = EXTRACTORS.get(ID).load()
    together = extract(faces[:4], {})
    singly = [extract(frame[None], {}) for frame in faces[:4]]
    assert all(np.array_equal(np.concatenate([one[name] for one in singly]), together[name]) for name in together)


def test_a_checkpoint_of_another_network_is_refused(networks):
    with pytest.raises(WeightsError, match="does not fit ProposalNet"):
        load_state(ProposalNet(), weights.locate("mtcnn-rnet"))


def test_a_checkpoint_with_code_in_it_is_refused(tmp_path):
    torch.save({"conv1.weight": test_points_move_with_the_frame}, tmp_path / "evil.pt")
    with pytest.raises(WeightsError, match="not a torch checkpoint of plain tensors"):
        load_state(ProposalNet(), tmp_path / "evil.pt")
