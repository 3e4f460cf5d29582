"""The MobileFaceNet identity network on real faces."""

import numpy as np
import pytest

from evalkit import weights
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.onnx_network import load_onnx


@pytest.fixture
def embeddings(networks, faces):
    found = EXTRACTORS.get("scrfd_500m").load()(faces, {})
    return EXTRACTORS.get("mobilefacenet").load()(faces, {"scrfd_500m": found})["embedding"]


def test_golden_output(networks, golden):
    network = load_onnx(weights.locate("mobilefacenet-arcface-128"))
    golden("mobilefacenet-arcface-128", lambda x: network(x)[0])


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
