"""The MobileFaceNet of 192 numbers: its input on any machine, itself where its file is in $EVALKIT_WEIGHTS."""

import os
import zipfile

import numpy as np
import pytest

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS, mobilefacenet192
from evalkit.extractors.face_alignment5 import align
from evalkit.extractors.tflite_network import load_tflite
from tests.formula import pictures

ID, NAME = "mobilefacenet192", "mobilefacenet-arcface-192"
POINTS = np.array([[40.2, 35.1], [71.8, 38.4], [53.0, 52.6], [41.7, 68.9], [66.1, 71.3]])
GIVEN = os.environ.get("EVALKIT_WEIGHTS", "")


@pytest.fixture
def real(monkeypatch):
    """The extractor with its true network. $EVALKIT_WEIGHTS is that of the shell, whatever other tests make of it."""
    monkeypatch.setenv("EVALKIT_WEIGHTS", GIVEN)
    if why := weights.missing([NAME]):
        pytest.skip(f"{why}; then name its folder in $EVALKIT_WEIGHTS")
    return EXTRACTORS[ID].load()


def test_faces_go_in_by_twos_aligned_and_scaled(monkeypatch, tmp_path):
    seen = []

    def network(blob):
        seen.append(blob)
        return np.repeat(np.arange(1, 3, dtype=np.float32)[:, None], 192, axis=1) + 10 * len(seen)

    monkeypatch.setattr(mobilefacenet192, "load_tflite", lambda path, inputs, outputs: network)
    monkeypatch.setattr(mobilefacenet192.weights, "locate", lambda name: tmp_path)
    frames = pictures(4, 96, 120, 3, offset=7)
    nowhere = np.full((5, 2), np.nan)
    points = np.stack([POINTS, nowhere, POINTS + 1, POINTS])
    embeddings = EXTRACTORS[ID].load()(frames, {"mtcnn5": {"points": points}})["embedding"]
    assert np.isnan(embeddings[1]).all() and embeddings[[0, 2, 3], 0].tolist() == [11, 12, 21]
    assert [blob.shape for blob in seen] == [(2, 112, 112, 3)] * 2 and seen[0].dtype == np.float32
    # (x - 127.5) / 128, as the package does it; the last face fills both places.
    crops = [align(frames[i], points[i]).astype(float) for i in (0, 2, 3)]
    np.testing.assert_allclose(seen[0] * 128 + 127.5, np.stack(crops[:2]), atol=1e-4)
    np.testing.assert_allclose(seen[1] * 128 + 127.5, np.stack([crops[2]] * 2), atol=1e-4)


def test_another_tflite_file_is_refused(tmp_path):
    with zipfile.ZipFile(weights.locate("mediapipe-face-landmarker")) as zipped:
        (tmp_path / "other.tflite").write_bytes(zipped.read("face_blendshapes.tflite"))
    (tmp_path / "rubbish.tflite").write_bytes(b"rubbish" * 99)
    for name, reason in (("other", r"expected float32 \(2, 112, 112, 3\)"), ("rubbish", "is not a TensorFlow Lite")):
        with pytest.raises(WeightsError, match=reason):
            load_tflite(tmp_path / f"{name}.tflite", (2, 112, 112, 3), (2, 192))


def test_one_person_is_nearer_than_any_two(real, faces):
    found = EXTRACTORS["mtcnn5"].load()(faces, {})
    embeddings = real(faces, {"mtcnn5": found})["embedding"]
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosine = unit @ unit.T
    same = np.array([cosine[i, i + 1] for i in range(0, len(cosine), 2)])
    different = cosine[~np.kron(np.eye(len(cosine) // 2), np.ones((2, 2))).astype(bool)]
    assert same.min() > 0.6 and different.max() < 0.5 and abs(different.mean()) < 0.15
    # A face says the same in either place, and whoever stands beside it.
    turned = real(faces[::-1], {"mtcnn5": {"points": found["points"][::-1]}})["embedding"][::-1]
    assert np.array_equal(turned, embeddings)
    alone = real(faces[3:4], {"mtcnn5": {"points": found["points"][3:4]}})["embedding"]
    assert np.array_equal(alone[0], embeddings[3])
