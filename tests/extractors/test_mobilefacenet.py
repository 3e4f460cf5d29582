"""The MobileFaceNet identity network on real faces."""

import numpy as np
import pytest

from evalkit import weights
from evalkit.extractors import EXTRACTORS, arcface
from evalkit.extractors.onnx_network import load_onnx
from tests.formula import pictures

OFFICIAL = [
    [-2.1179, -0.42255, 0.39943, -0.19993],
    [-2.0357, 0.36275, 0.993, -0.33753],
    [-1.8044, 0.49621, -0.27068, 0.1302],
]
"""Values of the network's input, three channels at rows 3, 35, 67, 99 and columns 5, 33, 61, 89.

From `warp_and_crop_face` with the square reference points (`align_faces.py`) and `data_transforms["val"]`
(`data_gen.py`) of foamliu/MobileFaceNet (a6cc9032), for the picture and the points of the test below. Its template has
three digits more than ArcFace's: 14 of the 37,632 values differ, by one grey level.
"""


@pytest.fixture
def embeddings(networks, faces):
    found = EXTRACTORS.get("scrfd_500m").load()(faces, {})
    return EXTRACTORS.get("mobilefacenet").load()(faces, {"scrfd_500m": found})["embedding"]


def test_golden_output(networks, golden):
    network = load_onnx(weights.locate("mobilefacenet-arcface-128"))
    golden("mobilefacenet-arcface-128", lambda x: network(x)[0])


def test_crops_are_scaled_as_the_makers_do(monkeypatch, tmp_path):
    seen = []

    def network(blob):
        seen.append(blob)
        return [np.zeros((len(blob), 128), np.float32)]

    monkeypatch.setattr(arcface, "load_onnx", lambda path: network)
    monkeypatch.setattr(arcface.weights, "locate", lambda name: tmp_path)
    points = np.array([[40.2, 35.1], [71.8, 38.4], [53.0, 52.6], [41.7, 68.9], [66.1, 71.3]])
    EXTRACTORS.get("mobilefacenet").load()(pictures(1, 96, 120, 3, offset=7), {"scrfd_500m": {"points": points[None]}})
    np.testing.assert_allclose(seen[-1][0][:, [3, 35, 67, 99], [5, 33, 61, 89]], OFFICIAL, atol=1e-4)


def test_one_person_is_nearer_than_any_two(embeddings):
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosine = unit @ unit.T
    same = np.array([cosine[i, i + 1] for i in range(0, len(cosine), 2)])
    different = cosine[~np.kron(np.eye(len(cosine) // 2), np.ones((2, 2))).astype(bool)]
    assert same.min() > 0.6 > 0.35 > different.max()


def test_rows_do_not_depend_on_the_batch(networks, faces, embeddings):
    detect, embed = EXTRACTORS.get("scrfd_500m").load(), EXTRACTORS.get("mobilefacenet").load()
    singly = [embed(f[None], {"scrfd_500m": detect(f[None], {})})["embedding"] for f in faces[:3]]
    assert np.array_equal(np.concatenate(singly), embeddings[:3])


def test_no_face_is_nan(networks, faceless):
    nowhere = {"scrfd_500m": {"points": np.full((3, 5, 2), np.nan)}}
    rows = EXTRACTORS.get("mobilefacenet").load()(faceless, nowhere)["embedding"]
    assert rows.shape == (3, 128) and np.isnan(rows).all()
