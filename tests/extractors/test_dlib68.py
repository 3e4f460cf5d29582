"""Boxes and landmarks by dlib: the library's own answer, the largest face, nothing where there is none."""

import dlib
import numpy as np
import pytest
from PIL import Image

from evalkit.base.files import content_sha256
from evalkit.extractors import EXTRACTORS
from evalkit.extractors.dlib_models import LANDMARKS_68, LANDMARKS_68_SHA256, RESNET_128, RESNET_128_SHA256, dlib_model
from tests.fakes import drawn_heads, in_chunks, same_bits


@pytest.fixture(scope="module")
def extract():
    return EXTRACTORS.get("dlib68").load()


@pytest.fixture(scope="module")
def found(extract):
    return extract(drawn_heads(), {})


def test_shapes_and_types(found):
    assert {name: array.shape for name, array in found.items()} == {"box": (7, 4), "points": (7, 68, 2), "faces": (7,)}
    assert all(array.dtype == np.float64 for array in found.values())


def test_faces_are_found_and_an_empty_frame_is_nan(found):
    assert found["faces"].tolist() == [1, 1, 1, 0, 1, 1, 1]
    for name in ("box", "points"):
        missing = np.isnan(found[name].reshape(7, -1))
        assert missing[3].all() and not missing[[0, 1, 2, 4, 5, 6]].any()


def test_landmarks_lie_where_faces_have_them(found):
    for points, (left, top, right, bottom) in zip(found["points"][[0, 4]], found["box"][[0, 4]], strict=True):
        eyes, mouth, chin = points[36:48], points[48:68], points[8]
        assert eyes[:, 1].max() < mouth[:, 1].min() < chin[1]
        assert points[36:42, 0].max() < points[42:48, 0].min()
        assert left < eyes[:, 0].mean() < right and top < eyes[:, 1].mean() < bottom


def test_parity_with_dlib_itself(found):
    detector, predictor = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(dlib_model(LANDMARKS_68)))
    for frame, box, points in zip(drawn_heads()[[0, 4]], found["box"][[0, 4]], found["points"][[0, 4]], strict=True):
        (rectangle,) = detector(frame, 0)
        assert box.tolist() == [rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom()]
        assert points.tolist() == [[p.x, p.y] for p in predictor(frame, rectangle).parts()]


@pytest.mark.parametrize("size", [1, 3])
def test_chunks_do_not_matter(extract, found, size):
    assert same_bits(in_chunks(extract, drawn_heads(), size), found)


def test_the_largest_of_several_faces_is_taken(extract, found):
    large = np.asarray(Image.fromarray(drawn_heads()[0]).resize((300, 300)))
    scene = np.full((1, 300, 500, 3), 128, np.uint8)
    scene[0, :192, :192], scene[0, :, 200:] = drawn_heads()[4], large
    for frames, side in ((scene, 1), (scene[:, :, ::-1].copy(), 0)):
        result = extract(frames, {})
        assert result["faces"].tolist() == [2]
        assert (result["box"][0, 0] > 190) == (side == 1)


def test_small_faces_are_found_by_the_second_look(extract):
    small = np.full((1, 128, 128, 3), 128, np.uint8)
    small[0, 16:112, 16:112] = np.asarray(Image.fromarray(drawn_heads()[0]).resize((96, 96), Image.Resampling.LANCZOS))
    assert len(dlib.get_frontal_face_detector()(small[0], 0)) == 0
    result = extract(small, {})
    assert result["faces"].tolist() == [1] and np.isfinite(result["points"]).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 16)])
def test_tiny_frames_have_no_face(extract, size):
    result = extract(np.full((2, *size, 3), 90, np.uint8), {})
    assert result["faces"].tolist() == [0, 0] and np.isnan(result["points"]).all()


def test_the_networks_are_the_ones_the_signatures_name():
    assert content_sha256(dlib_model(LANDMARKS_68)) == LANDMARKS_68_SHA256
    assert content_sha256(dlib_model(RESNET_128)) == RESNET_128_SHA256
    assert LANDMARKS_68_SHA256[:8] in EXTRACTORS.get("dlib68").signature
    assert RESNET_128_SHA256[:8] in EXTRACTORS.get("dlib128").signature


def test_real_faces(extract, shared):
    from evalkit.clips.video import read_frames
    from evalkit.datasets.folder import index

    portraits = [clip for clip in index(shared / "faces") if clip.kind == "portrait"][:8]
    counts = [extract(read_frames(clip.path, [0], size=256), {})["faces"][0] for clip in portraits]
    assert sum(count >= 1 for count in counts) >= 6
