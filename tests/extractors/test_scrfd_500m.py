"""SCRFD: insightface's own detections, real faces, and the rules for none and for several."""

import numpy as np
import pytest

from evalkit import weights
from evalkit.extractors import EXTRACTORS, scrfd
from evalkit.extractors.onnx_network import load_onnx
from evalkit.extractors.scrfd import ATTEMPTS, detect, detect_cascade

NAME = "scrfd-500m-det"


@pytest.fixture
def network(networks):
    return load_onnx(weights.locate(NAME))


def test_golden_output(network, golden):
    golden("scrfd-500m-det", lambda x: network(x)[3])


@pytest.mark.parametrize("side", [128, 256, 640])
def test_detections_are_those_of_insightface(network, networks, faces, side):
    module = pytest.importorskip("insightface.model_zoo.scrfd")
    theirs = module.SCRFD(str(networks / "scrfd_det_500m.onnx"))
    theirs.prepare(-1)
    for frame in faces[::3]:
        boxes, points = theirs.detect(np.ascontiguousarray(frame[..., ::-1]), (side, side))
        ours = detect(network, frame, side)
        assert len(ours.scores) == len(boxes)
        np.testing.assert_allclose(np.column_stack([ours.boxes, ours.scores]), boxes, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(ours.points, points, rtol=1e-4, atol=1e-4)


def test_thresholds_are_the_defaults_of_insightface(networks):
    module = pytest.importorskip("insightface.model_zoo.scrfd")
    theirs = module.SCRFD(str(networks / "scrfd_det_500m.onnx"))
    assert (theirs.det_thresh, theirs.nms_thresh) == (scrfd._SCORE, scrfd._OVERLAP)
    assert (theirs.input_mean, theirs.input_std) == (127.5, 128.0)


def test_several_faces_are_those_of_insightface_in_their_order(network, networks, faces):
    module = pytest.importorskip("insightface.model_zoo.scrfd")
    theirs = module.SCRFD(str(networks / "scrfd_det_500m.onnx"))
    theirs.prepare(-1)
    crowd = np.concatenate([np.concatenate(faces[:3], axis=1), np.concatenate(faces[4:7], axis=1)])
    boxes, points = theirs.detect(np.ascontiguousarray(crowd[..., ::-1]), (640, 640))
    ours = detect(network, crowd, 640)
    assert len(boxes) == 6
    np.testing.assert_allclose(ours.boxes, boxes[:, :4], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(ours.points, points, rtol=1e-4, atol=1e-4)


def test_every_real_face_is_found_inside_its_box(networks, faces):
    features = EXTRACTORS.get("scrfd_500m").load()(faces, {})
    assert features["faces"].tolist() == [1] * len(faces) and (features["score"] > 0.5).all()
    box, points = features["box"][:, None], features["points"]
    assert (points > box[..., :2]).all() and (points < box[..., 2:]).all()
    left_eye, right_eye, nose, left_mouth, right_mouth = np.moveaxis(points, 1, 0)
    assert (left_eye[:, 0] < right_eye[:, 0]).all() and (left_mouth[:, 0] < right_mouth[:, 0]).all()
    assert (left_eye[:, 1] < nose[:, 1]).all() and (nose[:, 1] < left_mouth[:, 1]).all()


def test_no_face_is_nan_and_a_count_of_zero(networks, faceless):
    features = EXTRACTORS.get("scrfd_500m").load()(faceless, {})
    assert features["faces"].tolist() == [0, 0, 0]
    assert all(np.isnan(features[name]).all() for name in ("box", "points", "score"))


def test_the_largest_of_several_faces_is_taken(networks, faces):
    picture = np.zeros((256, 512, 3), np.uint8)
    picture[:, 256:] = faces[0]
    picture[64:192, 64:192] = faces[2][::2, ::2]
    features = EXTRACTORS.get("scrfd_500m").load()(picture[None], {})
    assert features["faces"][0] == 2
    assert features["box"][0, 0] > 256


def test_a_face_that_fills_the_frame_is_found(network, faces):
    # 640, the usual square, misses some; the cascade may not.
    for frame in faces:
        left, top, right, bottom = detect_cascade(network, frame).boxes[0].astype(int).clip(0)
        assert len(detect_cascade(network, frame[top:bottom, left:right]).scores) == 1


def test_a_border_moves_points_back_into_the_frame(network, faces, monkeypatch):
    plain = detect_cascade(network, faces[2])
    monkeypatch.setattr("evalkit.extractors.scrfd.ATTEMPTS", (ATTEMPTS[2],))
    bordered = detect_cascade(network, faces[2])
    np.testing.assert_allclose(bordered.points, plain.points, atol=6)


@pytest.mark.parametrize(("rows", "columns"), [((0, 256), (40, 220)), ((20, 231), (0, 256)), ((-31, 300), (-60, 256))])
def test_any_frame_size_works(networks, faces, rows, columns):
    detector = EXTRACTORS.get("scrfd_500m").load()
    canvas = np.pad(faces[2], ((64, 64), (64, 64), (0, 0)))
    cut = canvas[rows[0] + 64 : rows[1] + 64, columns[0] + 64 : columns[1] + 64]
    points = detector(cut[None], {})["points"][0] + np.array([columns[0], rows[0]])
    np.testing.assert_allclose(points, detector(faces[2:3], {})["points"][0], atol=8)


def test_both_sizes_are_registered_apart():
    large, small = EXTRACTORS.get("scrfd"), EXTRACTORS.get("scrfd_500m")
    assert large.weights == ("scrfd-10g-det",) and "5838f7fe" in large.signature
    assert small.weights == ("scrfd-500m-det",) and "5e4447f5" in small.signature
