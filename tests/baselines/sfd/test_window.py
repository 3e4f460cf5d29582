"""The window around a face: where it lies, what is cut, and what is put back."""

import numpy as np
import pytest
import torch

from baselines.native.method import NativeMethod
from baselines.sfd.adapter import WindowMethod
from baselines.sfd.faces import read_faces, windows_of
from baselines.sfd.model import SFD
from baselines.sfd.weights import write_weights
from baselines.sfd.window import RISE, Window, around, find_window, paste, whole
from evalkit import video
from evalkit.adapter import Driving
from evalkit.demo import render_clip
from evalkit.methods import build_method, find_method
from tests.baselines.sfd.conftest import TINY
from tests.baselines.sfd.test_adapter import config_of
from tests.fakes import noise

FACE = np.stack([np.linspace(100, 140, 68), np.linspace(90, 170, 68)], axis=1)
"""Landmarks from (100, 90) to (140, 170), the middle at (120, 130)."""


@pytest.fixture(scope="module")
def talking():
    """Three frames of a drawn head, 128 pixels."""
    return render_clip(1000, 0, frames=3, size=128).frames


@pytest.fixture(scope="module")
def windowed(tmp_path_factory):
    """Weights, moved off their still start, of a network that works in windows."""
    torch.manual_seed(0)
    model = SFD(TINY.model_copy(update={"window": 1.5}))
    with torch.no_grad():
        for head in model.generator.to_flows:
            head.conv.weight.normal_()
            head.bias[:, 2:] = 0
    path = tmp_path_factory.mktemp("weights") / "windowed.safetensors"
    write_weights(path, model, {})
    return path


def test_a_window_surrounds_the_landmarks():
    assert around(FACE, 256, 1.5) == Window(120 - 60, round(130 - 60 - RISE * 120), 120)


@pytest.mark.parametrize(
    ("shift", "expected"), [((-100, -90), (0, 0)), ((116, 86), (256 - 120, 256 - 120)), ((0, 86), (60, 256 - 120))]
)
def test_a_window_is_moved_into_the_frame(shift, expected):
    window = around(FACE + shift, 256, 1.5)
    assert (window.left, window.top, window.side) == (*expected, 120)


def test_a_window_is_never_larger_than_the_frame():
    assert around(FACE, 100, 1.5) == whole(100)


def test_the_first_face_of_a_clip_counts():
    frames = np.zeros((5, 256, 256, 3), np.uint8)
    frames[:, 0, 0, 0] = range(5)
    seen = []

    def locate(some):
        (number,) = some[:, 0, 0, 0]
        seen.append(number)
        return {"points": np.full((1, 68, 2), np.nan) if number < 3 else FACE[None] + number}

    assert find_window([frames[:2], frames[2:]], locate, 1.5) == around(FACE + 3, 256, 1.5)
    assert seen == [0, 1, 2, 3]
    assert find_window([frames[:2]], locate, 1.5) is None


def test_a_cut_is_the_pixels_or_their_resized_picture():
    frames = noise(2, 40)
    window = Window(5, 8, 20)
    assert np.array_equal(window.cut(frames), frames[:, 8:28, 5:25])
    expected = video.crop(frames[1], (5, 8, 25, 28), 10)
    assert np.array_equal(window.cut(frames, 10)[1], expected)


def test_outside_is_the_source_and_inside_what_was_made():
    source, made = noise(1, 100, seed=1)[0], noise(2, 50, seed=2)
    frames = paste(source, Window(20, 30, 50), made)
    levels = video.to_uint8(frames)
    outside = np.ones((100, 100), bool)
    outside[30:80, 20:70] = False
    assert np.array_equal(levels[:, outside], np.repeat(source[None], 2, axis=0)[:, outside])
    assert np.array_equal(levels[:, 34:76, 24:66], made[:, 4:46, 4:46])
    # the seam is four pixels wide, their middles at 1/8, 3/8, 5/8 and 7/8 of it
    expected = 0.375 * made[0, 25, 1].astype(float) + 0.625 * source[55, 21]
    np.testing.assert_allclose(frames[0, 55, 21] * 255, expected, atol=1e-3)


def test_there_is_no_seam_at_the_edge_of_the_frame():
    source, made = noise(1, 60, seed=1)[0], noise(1, 60, seed=2)
    assert np.array_equal(video.to_uint8(paste(source, whole(60), made)), made)
    corner = video.to_uint8(paste(source, Window(0, 0, 50), made[:, :50, :50]))
    assert np.array_equal(corner[0, :46, :46], made[0, :46, :46])
    assert not np.array_equal(corner[0, :50, :50], made[0, :50, :50])


def test_nan_stays_nan():
    made = np.full((1, 30, 30, 3), 0.5, np.float32)
    made[0, 15, 15] = np.nan
    frames = paste(noise(1, 60)[0], Window(10, 10, 30), made)
    assert np.isnan(frames[0, 25, 25]).all() and np.isnan(frames).sum() == 3


def test_the_method_keeps_the_source_outside_the_window(talking, windowed, tmp_path):
    path = tmp_path / "driving.mkv"
    video.write_video(path, [talking], 25)
    method = build_method(find_method("sfd"), config_of(windowed))
    assert isinstance(method, WindowMethod)
    frames = video.to_uint8(np.concatenate(list(method.animate(talking[:1], Driving(path, 128), "absolute"))))
    window = windows_of(TINY.model_copy(update={"window": 1.5})).of_frames([talking], 128)
    assert 40 < window.side < 100
    inside = np.zeros((128, 128), bool)
    inside[window.top : window.top + window.side, window.left : window.left + window.side] = True
    assert frames.shape == talking.shape
    assert np.array_equal(frames[:, ~inside], np.repeat(talking[:1], 3, axis=0)[:, ~inside])
    assert np.abs(frames[:, inside].astype(float) - talking[:1][:, inside]).mean() > 1


@pytest.mark.parametrize("motion", ["absolute", "relative"])
def test_without_a_face_the_whole_frame_is_the_window(windowed, tmp_path, motion):
    path = tmp_path / "driving.mkv"
    video.write_video(path, [noise(3, 48)], 25)
    method = build_method(find_method("sfd"), config_of(windowed))
    inner = method._method
    assert isinstance(inner, NativeMethod)
    source, driving = noise(1, 48, seed=1), Driving(path, 48)
    found, expected = (np.concatenate(list(m.animate(source, driving, motion))) for m in (method, inner))
    assert np.array_equal(found, expected)


def test_frames_are_read_through_the_window(talking, tmp_path):
    path = tmp_path / "clip.mkv"
    video.write_video(path, [talking], 25)
    windows = windows_of(TINY.model_copy(update={"window": 1.5}))
    window = windows.of_clip(path)
    assert window == windows.of_frames([talking], 128)
    assert np.array_equal(read_faces(path, [2, 0], window, 32), window.cut(talking[[2, 0]], 32))
    assert windows_of(TINY).of_clip(path) == whole(128)
    assert np.array_equal(read_faces(path, [1], whole(128), 32), video.read_frames(path, [1], size=32))
