"""insightface's own pipeline, driven with small networks: bit for bit what a plain `FaceAnalysis` gives."""

import warnings

import numpy as np
import pytest

from evalkit import weights
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.insightface_app import load

pytest.importorskip("insightface")
DETECTOR, NETWORK = "scrfd-500m-det", "mobilefacenet-arcface-128"


@pytest.fixture
def extract(networks):
    return load(DETECTOR, NETWORK)


@pytest.fixture
def plain(networks, tmp_path, capsys):
    """`FaceAnalysis` as its users make it, over a folder with two ONNX files, with its own choice of threads."""
    from insightface.app import FaceAnalysis

    folder = tmp_path / "models" / "small"
    folder.mkdir(parents=True)
    for name in (DETECTOR, NETWORK):
        (folder / weights.locate(name).name).symlink_to(weights.locate(name))
    app = FaceAnalysis("small", root=str(tmp_path), providers=["CPUExecutionProvider"])
    app.prepare(ctx_id=0, det_size=(640, 640))

    def get(frames):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*`estimate` is deprecated", category=FutureWarning)
            return [app.get(np.ascontiguousarray(frame[..., ::-1])) for frame in frames]

    return get


def test_embeddings_are_those_of_the_package_bit_for_bit(extract, plain, faces):
    theirs = [found[0].embedding if found else np.full(128, np.nan) for found in plain(faces)]
    ours = extract(faces, {})["embedding"]
    assert ours.shape == (len(faces), 128)
    assert np.array_equal(ours, np.stack(theirs), equal_nan=True)
    assert np.isfinite(ours[:, 0]).sum() >= len(faces) - 2


def test_of_several_faces_the_first_is_taken(extract, plain, faces):
    crowd = np.concatenate([np.concatenate(faces[:2], axis=1), np.concatenate(faces[4:6], axis=1)])
    (found,) = plain([crowd])
    scores = [face.det_score for face in found]
    assert len(found) == 4 and scores == sorted(scores, reverse=True)
    assert np.array_equal(extract(crowd[None], {})["embedding"][0], found[0].embedding)


def test_no_face_is_a_row_of_nan(extract, faceless):
    rows = extract(faceless, {})["embedding"]
    assert rows.shape == (3, 128) and np.isnan(rows).all()


def test_rows_depend_neither_on_the_batch_nor_on_frames_before(extract, faces, faceless):
    together = extract(np.concatenate([faces[:4], faceless[:1], faces[4:]]), {})["embedding"]
    singly = np.concatenate([extract(frame[None], {})["embedding"] for frame in faces[::-1]])[::-1]
    assert np.array_equal(np.delete(together, 4, axis=0), singly, equal_nan=True)


def test_a_face_that_fills_the_frame_may_be_lost(extract, networks, faces):
    """What the policy costs, and why `csim[arcface]` looks at 256 pixels first."""
    detected = EXTRACTORS.get("scrfd_500m").load()
    boxes = detected(faces, {})["box"].round().astype(int)
    crops = [frame[max(t, 0) : b, max(left, 0) : r] for frame, (left, t, r, b) in zip(faces, boxes, strict=True)]
    lost = sum(bool(np.isnan(extract(crop[None], {})["embedding"]).any()) for crop in crops)
    assert lost > len(crops) / 2
    assert all(detected(crop[None], {})["faces"][0] == 1 for crop in crops)


def test_nothing_is_printed(extract, faces, capfd):
    extract(faces[:1], {})
    assert capfd.readouterr() == ("", "")


def test_the_signature_names_both_networks_and_the_release_line():
    from importlib.metadata import version

    signature = EXTRACTORS.get("insightface").signature
    assert signature.startswith(f"insightface-{version('insightface').split('.')[0]}|")
    assert "scrfd-10g-det@5838f7fe" in signature and "arcface-w600k-r50@4c06341c" in signature
