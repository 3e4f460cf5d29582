"""Identity embeddings: dlib's own descriptor, one person apart from another, nothing without a face."""

import dlib
import numpy as np
import pytest

from evalkit.extractors import EXTRACTORS
from evalkit.extractors.dlib_models import RESNET_128, dlib_model
from tests.fakes import drawn_heads, in_chunks, same_bits


@pytest.fixture(scope="module")
def landmarks():
    return {"dlib68": EXTRACTORS.get("dlib68").load()(drawn_heads(), {})}


@pytest.fixture(scope="module")
def extract():
    return EXTRACTORS.get("dlib128").load()


@pytest.fixture(scope="module")
def embeddings(extract, landmarks):
    return extract(drawn_heads(), landmarks)["embedding"]


def test_an_embedding_per_face(embeddings):
    assert embeddings.shape == (7, 128) and embeddings.dtype == np.float64
    assert np.isnan(embeddings[3]).all() and np.isfinite(np.delete(embeddings, 3, axis=0)).all()


def test_parity_with_dlib_itself(embeddings, landmarks):
    # dlib cuts the same 150x150 chip with padding 0.25 when it is given the whole picture and the landmarks.
    network = dlib.face_recognition_model_v1(str(dlib_model(RESNET_128)))
    for i in (0, 4):
        box = dlib.rectangle(*(int(v) for v in landmarks["dlib68"]["box"][i]))
        points = [dlib.point(int(x), int(y)) for x, y in landmarks["dlib68"]["points"][i]]
        descriptor = network.compute_face_descriptor(drawn_heads()[i], dlib.full_object_detection(box, points))
        assert np.abs(np.array(descriptor) - embeddings[i]).max() < 1e-6


def test_one_person_is_nearer_than_another(embeddings):
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosine = unit @ unit.T
    first, second = [0, 1, 2], [4, 6]
    same = min(cosine[0, 1], cosine[0, 2], cosine[1, 2], cosine[4, 6])
    assert same > cosine[np.ix_(first, second)].max()


def test_a_repeated_frame_is_the_same_person(embeddings):
    assert np.array_equal(embeddings[4], embeddings[5])


@pytest.mark.parametrize("size", [1, 5])
def test_chunks_do_not_matter(extract, landmarks, embeddings, size):
    chunked = in_chunks(extract, drawn_heads(), size, landmarks)
    assert same_bits(chunked, {"embedding": embeddings})
