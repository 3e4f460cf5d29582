"""Embeddings of face_recognition: its calls of dlib, one face of several, nothing without a face."""

import dlib
import numpy as np
import pytest

from evalkit.extractors import EXTRACTORS
from evalkit.extractors.dlib_models import LANDMARKS_5, RESNET_128, dlib_model
from tests.fakes import drawn_heads, in_chunks, same_bits

FRAMES = [0, 3, 4, 5]
OFFICIAL = [
    [-0.109805, 0.17445, 0.0760944, -0.0975766, -0.0903135, 0.0560729],
    [-0.0671274, 0.0311149, 0.118516, -0.0878177, -0.028324, 0.0160009],
    [-0.154948, 0.0419284, -0.00289484, -0.0472935, -0.0299812, -0.119595],
]
"""First numbers of `face_recognition.face_encodings(frame)[0]` by the package face_recognition itself, release 1.3.0,
for the first three of the fixture `portraits`."""


@pytest.fixture(scope="module")
def extract():
    return EXTRACTORS.get("face_recognition128").load()


@pytest.fixture(scope="module")
def embeddings(extract):
    return extract(drawn_heads()[FRAMES], {})["embedding"]


def face_encodings(frame):
    """What `face_recognition.face_encodings(frame)` calls, in its order."""
    detector, predictor = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(dlib_model(LANDMARKS_5)))
    network = dlib.face_recognition_model_v1(str(dlib_model(RESNET_128)))
    return [np.array(network.compute_face_descriptor(frame, predictor(frame, box), 1)) for box in detector(frame, 1)]


def test_embeddings_are_those_of_the_package_itself(extract, portraits):
    found = extract(portraits[:3], {})["embedding"]
    np.testing.assert_allclose(found[:, :6], OFFICIAL, atol=2e-6)


@pytest.mark.slow
def test_embeddings_are_those_of_face_recognition(embeddings):
    frames = drawn_heads()[FRAMES]
    for i in (0, 2):
        assert np.abs(face_encodings(frames[i])[0] - embeddings[i]).max() < 1e-6
    assert face_encodings(frames[1]) == [] and np.isnan(embeddings[1]).all()


def test_of_two_faces_the_first_of_the_list_is_taken(extract):
    both = np.concatenate([drawn_heads()[0], drawn_heads()[4]], axis=1)
    encodings = face_encodings(both)
    assert len(encodings) == 2 and np.abs(encodings[0] - encodings[1]).max() > 0.01
    assert np.abs(extract(both[None], {})["embedding"][0] - encodings[0]).max() < 1e-6


def test_a_repeated_frame_is_the_same_person(embeddings):
    assert np.array_equal(embeddings[2], embeddings[3])


def test_chunks_do_not_matter(extract, embeddings):
    assert same_bits(in_chunks(extract, drawn_heads()[FRAMES], 1), {"embedding": embeddings})
