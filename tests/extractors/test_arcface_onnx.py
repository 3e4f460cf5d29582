"""ArcFace-style embeddings: insightface's own alignment and embeddings, and any ONNX file of the user."""

import importlib
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.extractors import EXTRACTORS, arcface
from evalkit.extractors.face_alignment5 import TEMPLATE, align, similarity
from evalkit.extractors.onnx_network import load_onnx
from evalkit.extractors.scrfd import detect_cascade

FILE = "mobilefacenet_ms1m_arcface_128.onnx"


@pytest.fixture
def custom(networks, monkeypatch):
    """The extractor of `$EVALKIT_ARCFACE`, as a fresh process sees it."""
    monkeypatch.setenv("EVALKIT_ARCFACE", str(networks / FILE))
    yield importlib.reload(arcface).EXTRACTOR_CUSTOM
    monkeypatch.undo()
    importlib.reload(arcface)


def test_similarity_brings_a_moved_template_back():
    turn = np.deg2rad(25)
    rotation = 1.7 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = TEMPLATE @ rotation.T + [30, -12]
    matrix = similarity(moved)
    np.testing.assert_allclose(moved @ matrix[:, :2].T + matrix[:, 2], TEMPLATE, atol=1e-4)


def test_similarity_is_the_least_squares_one():
    # In complex numbers a similarity is z -> a z + b, and least squares gives a in closed form.
    points = TEMPLATE + np.random.default_rng(0).normal(0, 5, (5, 2))
    z, w = points @ [1, 1j], TEMPLATE @ [1, 1j]
    a = np.vdot(z - z.mean(), w - w.mean()) / np.vdot(z - z.mean(), z - z.mean())
    b = w.mean() - a * z.mean()
    np.testing.assert_allclose(similarity(points), [[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]], rtol=1e-4)


def test_points_in_one_spot_are_refused():
    with pytest.raises(ValueError, match="span no face"):
        similarity(np.full((5, 2), 7.0))


def test_crops_and_embeddings_are_those_of_insightface(custom, networks, faces):
    face_align = pytest.importorskip("insightface.utils.face_align")
    model = pytest.importorskip("insightface.model_zoo.arcface_onnx").ArcFaceONNX(str(networks / FILE))
    model.prepare(-1)
    detector = load_onnx(weights.locate("scrfd-500m-det"))
    points = np.stack([detect_cascade(detector, frame).points[0] for frame in faces])
    ours = custom.load()(faces, {"scrfd_500m": {"points": points.astype(np.float64)}})["embedding"]
    for frame, place, embedding in zip(faces, points, ours, strict=True):
        picture = np.ascontiguousarray(frame[..., ::-1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # skimage renamed what insightface calls
            theirs = model.get(picture, SimpleNamespace(kps=place))
            crop = face_align.norm_crop(picture, place)
        assert np.array_equal(align(frame, place.astype(np.float64))[..., ::-1], crop)
        assert np.abs(embedding - theirs).max() <= 1e-4 * np.abs(theirs).max()


def test_detection_and_embedding_together_give_the_cosines_of_insightface(custom, networks, faces):
    scrfd = pytest.importorskip("insightface.model_zoo.scrfd").SCRFD(str(networks / "scrfd_det_500m.onnx"))
    model = pytest.importorskip("insightface.model_zoo.arcface_onnx").ArcFaceONNX(str(networks / FILE))
    scrfd.prepare(-1)
    model.prepare(-1)
    rows = []
    for frame in faces:
        picture = np.ascontiguousarray(frame[..., ::-1])
        _, points = scrfd.detect(picture, (256, 256))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            rows.append(model.get(picture, SimpleNamespace(kps=points[0])))
    ours = custom.load()(faces, {"scrfd_500m": EXTRACTORS.get("scrfd_500m").load()(faces, {})})["embedding"]
    np.testing.assert_allclose(cosines(ours), cosines(np.stack(rows)), atol=1e-4)


def test_the_signature_names_the_bytes_of_the_file(custom):
    assert custom.signature == "evalkit_arcface@b7120c09|5pt-112" and custom.weights == ("$EVALKIT_ARCFACE",)


def test_a_file_that_is_no_network_is_refused(tmp_path, networks, monkeypatch):
    (tmp_path / "net.onnx").write_bytes(b"not a network")
    monkeypatch.setenv("EVALKIT_ARCFACE", str(tmp_path / "net.onnx"))
    with pytest.raises(WeightsError, match=r"net\.onnx is not a network ONNX Runtime can read"):
        EXTRACTORS.get("arcface_onnx").load()


def test_a_network_of_another_kind_is_refused(networks, monkeypatch):
    monkeypatch.setenv("EVALKIT_ARCFACE", str(networks / "scrfd_det_500m.onnx"))
    with pytest.raises(WeightsError, match="expected one embedding"):
        EXTRACTORS.get("arcface_onnx").load()


def test_without_the_variable_the_way_out_is_named(monkeypatch):
    monkeypatch.delenv("EVALKIT_ARCFACE", raising=False)
    with pytest.raises(WeightsError, match=r"Set \$EVALKIT_ARCFACE"):
        EXTRACTORS.get("arcface_onnx").load()


def test_no_face_is_nan(custom, faceless):
    nowhere = {"scrfd_500m": {"points": np.full((3, 5, 2), np.nan)}}
    assert np.isnan(custom.load()(faceless, nowhere)["embedding"]).all()


def cosines(rows):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T
