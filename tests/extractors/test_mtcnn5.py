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
        [67.73, 54.589, 190.014, 238.555],
        [105.683, 120.432, 160.256, 120.735, 133.792, 155.233, 115.446, 195.825, 148.707, 197.022],
        0.99998,
    ),
    "crowd": (
        [323.297, 313.013, 446.471, 494.503],
        [361.587, 377.369, 416.186, 378.319, 389.192, 411.766, 369.563, 452.385, 404.914, 454.357],
        0.99999,
    ),
    "small": (
        [30.866, 22.498, 90.452, 98.148],
        [49.353, 53.167, 76.196, 54.932, 62.637, 67.166, 49.062, 79.151, 73.051, 81.24],
        1.0,
    ),
    "odd": (
        [65.18, 65.266, 142.321, 172.325],
        [82.841, 101.178, 119.103, 104.502, 96.692, 126.29, 84.252, 147.891, 109.499, 150.929],
        0.99856,
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
def test_detections_are_those_of_facenet_pytorch(networks, portraits, picture):
    rows = (portraits[[1, 2, 3]], portraits[[4, 0, 2]])
    crowd = np.concatenate([np.concatenate(row, axis=1) for row in rows])
    small, odd = portraits[2][::2, ::2], portraits[3][10:243, 30:220]
    pictures = {"first": portraits[0], "crowd": crowd, "small": small, "odd": odd}
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
