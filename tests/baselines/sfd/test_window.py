"""The window around a face: where it lies, what is cut, and how the whole frame moves."""

import math

import numpy as np
import pytest
import torch

from baselines._shared.native.method import NativeMethod
from baselines._shared.stylegan.synthesis import Scale
from baselines.sfd.adapter import WindowMethod
from baselines.sfd.faces import read_faces, windows_of
from baselines.sfd.model import SFD
from baselines.sfd.warp import framed, pasted, picture
from baselines.sfd.weights import load_model, write_weights
from baselines.sfd.window import RISE, Window, around, find_window, whole
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.method.find import build_method, find_method
from evalkit.method.interface import Driving
from evalkit.types import Selection
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


def scale(mask: float, x: float = 0.0, colour: float = 0.5, size: int = 16) -> Scale:
    """A last scale of `size` pixels that moves everything by `x`, in halves of the window, and paints one colour."""
    flow = torch.zeros(1, 3, size, size)
    flow[:, 0] = math.atanh(x)
    flow[:, 2] = mask
    return Scale(torch.zeros(1, 1, size, size), flow, torch.full((1, 3, size, size), colour))


OPEN, CLOSED = 30.0, -30.0


def test_a_frame_is_moved_by_the_pixels_of_its_window_and_less_outside():
    ramp = torch.linspace(-0.9, 0.9, 100).expand(1, 3, 100, 100)  # 0.01818 a pixel
    moved = framed(scale(OPEN, x=0.2), ramp, Window(40, 30, 20)) - ramp  # by 2 of the 20 pixels
    assert moved[0, 0, 30:50, 40:60].numpy() == pytest.approx(2 * 1.8 / 99, abs=1e-5)
    assert moved[0, 0, 35, 63].item() == pytest.approx((1 - 4 / 6) * 2 * 1.8 / 99, abs=1e-5)  # 4 pixels away of 6
    assert moved[0, 0, 25, 50].item() == pytest.approx((1 - 5 / 6) * 2 * 1.8 / 99, abs=1e-5)
    far = torch.ones(100, 100, dtype=torch.bool)
    far[25:55, 35:65] = False
    assert moved[0, :, far].abs().max() < 1e-6


def test_flow_at_the_border_of_a_window_is_that_further_in():
    last = scale(OPEN, size=50)
    last.flow[:, 0, :, 0] = math.atanh(0.5)  # in the first column alone; the margin is one pixel of 50
    ramp = torch.linspace(-0.9, 0.9, 100).expand(1, 3, 100, 100)
    moved = framed(last, ramp, Window(30, 20, 50)) - ramp
    at_edge = framed(last, ramp, Window(0, 20, 50)) - ramp
    assert moved.abs().max() < 1e-6
    assert at_edge[0, 0, 40, 0].item() == pytest.approx(12.5 * 1.8 / 99, abs=1e-5)


def test_paint_fades_in_at_the_border_of_the_window_alone():
    painted = framed(scale(CLOSED), torch.zeros(1, 3, 100, 100), Window(0, 30, 50))[0, 0]
    # the seam is four pixels wide, and none is at the frame's border
    assert painted[34:76, :46].numpy() == pytest.approx(0.5, abs=1e-6)
    assert painted[30:80, 10].tolist()[:4] == pytest.approx([0.5 * share for share in (0.125, 0.375, 0.625, 0.875)])
    assert painted[50, 46:51].tolist() == pytest.approx([0.5 * share for share in (0.875, 0.625, 0.375, 0.125, 0)])
    assert (painted[:30] == 0).all() and (painted[80:] == 0).all()


def test_an_image_that_is_not_of_the_source_is_pasted_into_the_window():
    frame = torch.rand(1, 3, 100, 100)
    result = pasted(scale(OPEN, x=0.2), frame, Window(0, 30, 50))  # flow and mask are not looked at
    assert result[0, :, 34:76, :46].numpy() == pytest.approx(0.5, abs=1e-6)
    seam = frame[0, 0, 50, 46:50] + torch.tensor([0.875, 0.625, 0.375, 0.125]) * (0.5 - frame[0, 0, 50, 46:50])
    assert result[0, 0, 50, 46:50].tolist() == pytest.approx(seam.tolist(), abs=1e-6)
    outside = torch.ones(100, 100, dtype=torch.bool)
    outside[30:80, :50] = False
    assert torch.equal(result[:, :, outside], frame[:, :, outside])


def test_a_network_that_paints_all_works_in_a_window():
    torch.manual_seed(0)
    model = SFD(TINY.model_copy(update={"window": 1.5, "warp_source": False}))
    source = torch.rand(1, 3, TINY.size, TINY.size)
    frame = torch.rand(1, 3, 40, 40)
    with torch.no_grad():
        face = model.describe(source)
        result = model.generate(face, face.motion, frame, Window(10, 5, 20))
        image = model.generate(face, face.motion, torch.zeros(1, 3, 20, 20))
    assert torch.allclose(result[:, :, 9:21, 14:26], image[:, :, 4:16, 4:16], atol=1e-6)
    assert torch.equal(result[:, :, :5], frame[:, :, :5])


def test_a_window_that_is_the_whole_frame_is_the_picture():
    frame = torch.rand(1, 3, 40, 40)
    last = scale(0.0, x=0.1)
    assert torch.equal(framed(last, frame, whole(40)), picture(last, frame))


def test_inside_the_window_it_is_the_picture_of_the_window():
    """But for the border, where the picture of a window alone knows no pixels further out."""
    frame = torch.rand(1, 3, 100, 100)
    last = scale(1.0, x=0.1)
    inside = framed(last, frame, Window(30, 20, 40))[:, :, 20:60, 30:70]
    alone = picture(last, frame[:, :, 20:60, 30:70])
    torch.testing.assert_close(inside[:, :, 5:-5, 5:-5], alone[:, :, 5:-5, 5:-5], atol=1e-4, rtol=0)


@pytest.mark.parametrize("motion", ["absolute", "relative"])
def test_the_method_looks_through_two_windows_and_moves_the_whole_source(talking, windowed, tmp_path, motion):
    other = np.ascontiguousarray(render_clip(1001, 0, frames=1, size=128).frames)
    path = tmp_path / "driving.mkv"
    video.write_video(path, [talking], 25)
    method = build_method(find_method("sfd"), config_of(windowed))
    assert isinstance(method, WindowMethod)
    frames = np.concatenate(list(method.animate(other, Driving(path, Selection(size=128)), motion)))
    windows = windows_of(TINY.model_copy(update={"window": 1.5}))
    at_source, at_driving = (windows.of_frames([clip], 128) for clip in (other, talking))
    assert at_source != at_driving and 40 < at_source.side < 100
    model = load_model(windowed).eval()

    def described(window, clip):
        return model.describe(torch.from_numpy(window.cut(clip, 32)).permute(0, 3, 1, 2).float() / 127.5 - 1)

    with torch.no_grad():
        source, moves = described(at_source, other), described(at_driving, talking).motion
        if motion == "relative":
            moves = source.motion + moves - moves[:1]
        picture_ = torch.from_numpy(other).permute(0, 3, 1, 2).float() / 127.5 - 1
        expected = model.generate(source, moves, picture_, at_source)
    found = torch.from_numpy(frames).permute(0, 3, 1, 2) * 2 - 1
    assert (found - expected.clamp(-1, 1)).abs().mean() < 5e-3  # the source is shrunk by another library
    assert (found - picture_).abs().mean() > 0.02


@pytest.mark.parametrize("motion", ["absolute", "relative"])
def test_without_a_face_the_whole_frame_is_the_window(windowed, tmp_path, motion):
    path = tmp_path / "driving.mkv"
    video.write_video(path, [noise(3, 48)], 25)
    method = build_method(find_method("sfd"), config_of(windowed))
    inner = method._method
    assert isinstance(inner, NativeMethod)
    source, driving = noise(1, 48, seed=1), Driving(path, Selection(size=48))
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
